// Helpers: elements, icons, JSON, storage. Text from people and documents only becomes text nodes.

// Makes an element; attributes named "on..." are listeners, those with null or false are left out.
function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const name of Object.keys(attributes || {})) {
    const value = attributes[name];
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const ICONS = {
  chat: "M4 5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-8l-5 4v-4H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM7.5 9.5h9M7.5 13h6",
  close: "M6 6l12 12M18 6L6 18",
  up: "M7 11v9H4v-9zM7 11l4-8a2.5 2.5 0 0 1 2.5 2.5V9H19a1.8 1.8 0 0 1 1.8 2.1l-1.3 7.4A1.8 1.8 0 0 1 17.7 20H7",
  down: "M17 13V4h3v9zM17 13l-4 8a2.5 2.5 0 0 1-2.5-2.5V15H5a1.8 1.8 0 0 1-1.8-2.1l1.3-7.4A1.8 1.8 0 0 1 6.3 4H17",
  copy: "M9 9h11v12H9zM15 9V3H4v12h5",
  read: "M4 9v6h4l5 5V4L8 9zM16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12",
  phone: "M5 3h4l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 5a2 2 0 0 1 2-2z",
};

// An icon as a line drawing; decorative, so hidden from screen readers.
function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  drawing.setAttribute("class", "icon");
  path.setAttribute("d", ICONS[name]);
  drawing.append(path);
  return drawing;
}

// A button that does not submit a form; `press` gets the click event.
function button(className, press, ...children) {
  return element("button", { type: "button", class: className, onclick: press }, ...children);
}

// Standard JSON.stringify: Prototype.js 1.6, still on old portals, gives arrays and strings its own toJSON,
// which encodes them twice.
function stringify(value) {
  const prototypes = [Object.prototype, Array.prototype, String.prototype];
  const foreign = prototypes.map((each) => Object.getOwnPropertyDescriptor(each, "toJSON"));
  prototypes.forEach((each) => delete each.toJSON);
  try {
    return JSON.stringify(value);
  } finally {
    prototypes.forEach((each, index) => foreign[index] && Object.defineProperty(each, "toJSON", foreign[index]));
  }
}

// window.sessionStorage or localStorage; memory where the browser forbids them (private mode, sandboxed frame).
function openStorage(name) {
  const memory = new Map();
  let storage = null;
  try {
    storage = window[name];
    storage.getItem("");
  } catch (error) {
    storage = null;
  }
  return {
    read(key) {
      try {
        return JSON.parse((storage ? storage.getItem(key) : memory.get(key)) || "null");
      } catch (error) {
        return null;
      }
    },
    write(key, value) {
      try {
        if (storage) storage.setItem(key, stringify(value));
        else memory.set(key, stringify(value));
      } catch (error) {
        memory.set(key, stringify(value)); // the quota is used up: the conversation goes on, but is not kept
      }
    },
  };
}

// 22 random letters and digits, not guessable. crypto.randomUUID is missing on pages without https.
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(22));
  return Array.from(bytes, (byte) => "0123456789abcdefghijklmnopqrstuv"[byte % 32]).join("");
}
