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
  print: "M7 8V3h10v5M7 17H4v-7h16v7h-3M7 14h10v7H7z",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7L12 17",
  voice: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M9 21h6",
  phone: "M5 3h4l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 5a2 2 0 0 1 2-2z",
};

const MARKED = { P: [], BR: [], STRONG: [], UL: [], OL: ["start"], LI: [], A: ["href", "class"], IMG: ["src", "alt"] };
const SAFE_ADDRESS = /^(https?:|tel:|mailto:|\/files\/)/i;

// Nodes for the HTML of an answer, which the server has cleaned: here only known elements are made again, so that
// nothing of it is ever inserted as it came.
function markedNodes(app, html) {
  const made = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    const inside = Array.from(node.childNodes, made).filter((each) => each !== null);
    if (node.nodeType !== Node.ELEMENT_NODE || !(node.tagName in MARKED)) return null;
    const attributes = {};
    MARKED[node.tagName].forEach((name) => (attributes[name] = node.getAttribute(name)));
    for (const name of ["href", "src"]) {
      if (!attributes[name]) continue;
      if (!SAFE_ADDRESS.test(attributes[name])) return null;
      attributes[name] = new URL(attributes[name].replace(/^\//, ""), app.base).href;
    }
    if (node.tagName === "A") Object.assign(attributes, { target: "_blank", rel: "noopener noreferrer" });
    if (node.tagName === "IMG") attributes.loading = "lazy";
    return element(node.tagName.toLowerCase(), attributes, ...inside);
  };
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return Array.from(parsed.body.childNodes, made).filter((each) => each !== null);
}

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
    forget(key) {
      memory.delete(key);
      try {
        if (storage) storage.removeItem(key);
      } catch (error) {
        // forbidden meanwhile: there is nothing of ours in it
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
