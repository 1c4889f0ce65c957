/** Can somebody have read it? The page is in front, and the middle of the element is on the screen. */
export function onScreen(element: Element): boolean {
  const box = element.getBoundingClientRect();
  const middle = (box.top + box.bottom) / 2;
  return !document.hidden && box.height > 0 && middle > 0 && middle < innerHeight;
}
