/** Elements without a framework: `h("button", {class: "primary", onclick: go}, "Go")`. */

type Child = Node | string | number | null | undefined | false;
type Value = string | number | boolean | null | undefined | ((event: never) => void);

/** Attributes by name; a function is a listener (`onclick`); false, null and undefined leave it out; true sets it empty. */
export type Attributes = Record<string, Value>;

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else set(element, name, value);
  }
  element.append(...children.filter(present));
  return element;
}

/** Change an attribute only where it differs, so that nothing is announced twice. */
export function set(element: Element, name: string, value: string | number | boolean | null | undefined): void {
  if (value === false || value === null || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** Change a text only where it differs: live regions stay quiet, selections stay. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Put these children, in this order, and move only what is out of place: focus and pictures survive. */
export function arrange(parent: Element, children: Element[]): void {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}

export function byId<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element as T;
}

/** The JSON that the server put into the page. */
export function data<T>(id: string): T {
  return JSON.parse(byId(id).textContent || "null") as T;
}

function present(child: Child): child is Node | string {
  if (typeof child === "number") throw new TypeError("write numbers as strings");
  return child !== null && child !== undefined && child !== false;
}
