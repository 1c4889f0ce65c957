/** Puts what the server says now in the place of what stands there, and touches only what is different: focus, selections and
 * scrolled tables stay. */

/** Parts are the children with `data-part`. */
export function replaceParts(shown: HTMLElement, fresh: HTMLElement): void {
  const before = new Map([...shown.children].map((part) => [name(part), part]));
  const parts = [...fresh.children].map((part) => {
    const known = before.get(name(part));
    if (!known) return part;
    replace(known, part);
    return known;
  });
  const wanted = new Set(parts);
  for (const part of [...shown.children]) if (!wanted.has(part)) part.remove();
  parts.forEach((part, index) => {
    if (shown.children[index] !== part) shown.insertBefore(part, shown.children[index] ?? null);
  });
}

export function replace(shown: Element, fresh: Element): void {
  if (shown.className !== fresh.className) shown.className = fresh.className;
  if (shown.innerHTML === fresh.innerHTML) return;
  if (sameShape(shown, fresh)) return update(shown, fresh);
  shown.replaceChildren(...fresh.childNodes);
}

/** Equal but for texts and attributes: then the elements stay, and with them the focus. */
function sameShape(one: Element, other: Element): boolean {
  return one.tagName === other.tagName && one.childNodes.length === other.childNodes.length && [...one.childNodes].every((node, index) => {
    const twin = other.childNodes[index];
    if (node instanceof Element) return twin instanceof Element && sameShape(node, twin);
    return twin?.nodeType === node.nodeType;
  });
}

function update(shown: Element, fresh: Element): void {
  for (const { name: attribute, value } of [...fresh.attributes]) if (shown.getAttribute(attribute) !== value) shown.setAttribute(attribute, value);
  for (const { name: attribute } of [...shown.attributes]) if (!fresh.hasAttribute(attribute)) shown.removeAttribute(attribute);
  shown.childNodes.forEach((node, index) => {
    const twin = fresh.childNodes[index];
    if (!twin) return;
    if (node instanceof Element && twin instanceof Element) update(node, twin);
    else if (node.nodeValue !== twin.nodeValue) node.nodeValue = twin.nodeValue;
  });
}

function name(part: Element): string {
  return (part as HTMLElement).dataset.part ?? "";
}
