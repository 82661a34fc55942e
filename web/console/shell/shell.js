// Runs once when the console's page opens: Gradio's own words in Chinese, the navigation, panels, date fields,
// and the question before what is hard to undo. web/console/shell/script.py puts ASKED in place of its name.
() => {
  const ASKED = __ASKED__; // label of a button with the class "confirm" -> what its press brings about
  const byId = (id) => document.getElementById(id);
  const shows = (node) => node.getClientRects().length > 0;

  // --- words -------------------------------------------------------------------------------------------------
  const TITLES = { Warning: "没有完成", Error: "出错了", Info: "提示", Success: "完成", "Connection Lost": "连接断开",
    "Processing Error": "没有处理完" };
  const SENTENCES = [
    [/Attempting reconnection/, "与服务器的连接断开了，正在重新连接；没有发出的内容还在页面上。"],
    [/Connection errored out|Failed to fetch|NetworkError|Load failed/, "连不上服务器，请检查网络后再试。"],
    [/exceed the maximum allowed size/, "文件超过 20 MB，请拆分后再上传。"],
    [/Error uploading|Upload failed/, "文件没有传上去，请再试一次。"],
    [/Invalid file type/, "不支持这种文件，请换成提示里的格式。"],
    [/queue is full|Too many requests/i, "正在处理的操作较多，请稍候再试。"],
    [/Session not found|session.*(expired|not found)/i, "页面打开太久了，请刷新后再试。"],
    [/^An? (unexpected|unknown) error|Could not parse server response|^Error$/i, "出错了，请刷新页面后再试。"],
  ];
  const LABELS = { Close: "关闭", "More tabs": "更多", "Remove this file": "去掉这个文件", Clear: "清除", Fullscreen: "全屏",
    "Exit fullscreen mode": "退出全屏", Cancel: "取消", Remove: "去掉" };
  function speakChinese(root) {
    root.querySelectorAll?.("[aria-label], [title]").forEach((node) => {
      for (const name of ["aria-label", "title"]) {
        const word = LABELS[node.getAttribute(name)];
        if (word) node.setAttribute(name, word);
      }
    });
    document.querySelectorAll(".toast-wrap .toast-title, .toast-wrap .toast-text, .wrap .error").forEach((part) => {
      const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = node.nodeValue.trim();
        const put = TITLES[text] ?? SENTENCES.find(([pattern]) => pattern.test(text))?.[1];
        if (put) node.nodeValue = put;
      }
    });
  }

  // --- notices: one of before goes when the next button is pressed, so that no two contradict each other -----
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("button") || event.target.closest(".toast-wrap")) return;
    document.querySelectorAll(".toast-wrap .toast-close").forEach((close) => close.click());
    if (!event.target.closest(".outcome")) {
      document.querySelectorAll(".outcome").forEach((part) => { part.getAnimations?.({ subtree: true }).forEach((run) => run.finish()); });
    }
  }, true);

  // A sentence that changes in its place is shown anew.
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const said = (target.parentElement ?? target).closest?.(".outcome");
      said?.getAnimations({ subtree: true }).forEach((run) => { run.currentTime = 0; run.play(); });
    }
  }).observe(document.body, { characterData: true, childList: true, subtree: true });

  // --- the question before what is hard to undo ----------------------------------------------------------------
  let agreed = null;
  function ask(button, label) {
    const dialog = document.createElement("dialog");
    dialog.className = "ask";
    dialog.setAttribute("aria-labelledby", "ask-title");
    dialog.innerHTML = '<h2 id="ask-title"></h2><p></p><div><button type="button">取消</button>' +
      '<button type="button" class="danger"></button></div>';
    dialog.querySelector("h2").textContent = `${label}？`;
    dialog.querySelector("p").textContent = ASKED[label] ?? "";
    const [no, yes] = dialog.querySelectorAll("button");
    yes.textContent = `确认${label}`;
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => { dialog.close(); agreed = button; button.click(); });
    dialog.addEventListener("close", () => { dialog.remove(); button.focus(); });
    document.querySelector("main").append(dialog); // styles reach no further
    dialog.showModal();
    no.focus();
  }
  window.addEventListener("click", (event) => {
    const button = event.target.closest?.("button.confirm");
    if (!button) return;
    if (agreed === button) { agreed = null; return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(button, button.textContent.trim());
  }, true);

  // --- panels: the focus goes in, Escape closes, the focus goes back ------------------------------------------
  const PANELS = "[id^='panel-']";
  let before = null;
  const open = new Set();
  function tendPanels() {
    for (const panel of [...open]) {
      if (panel.isConnected && shows(panel)) continue;
      open.delete(panel);
      if (document.activeElement === document.body) before?.focus?.();
      document.querySelectorAll("tr[aria-current]").forEach((row) => row.removeAttribute("aria-current"));
    }
    for (const panel of document.querySelectorAll(PANELS)) {
      if (open.has(panel) || !shows(panel)) continue;
      open.add(panel);
      panel.setAttribute("role", "dialog");
      panel.setAttribute("aria-label", panel.querySelector("h2")?.textContent ?? "");
      panel.tabIndex = -1;
      panel.focus({ preventScroll: true });
    }
  }
  document.addEventListener("focusin", (event) => {
    if (!event.target.closest(PANELS) && event.target !== document.body) before = event.target;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || document.querySelector("dialog[open]")) return;
    const panel = event.target.closest?.(PANELS) ?? [...open].at(-1);
    if (!panel || event.target.closest?.("[role=listbox], [aria-expanded=true]")) return;
    panel.querySelector("button.panel-close")?.click();
  });

  // --- date fields ------------------------------------------------------------------------------------------------
  function tendDates() {
    document.querySelectorAll(".date input:not([type=date])").forEach((input) => { input.type = "date"; });
  }

  // --- navigation ---------------------------------------------------------------------------------------------------
  function tendNavigation() {
    const tabs = byId("console-tabs");
    const bar = tabs?.querySelector(":scope > .tab-wrapper");
    const list = bar?.querySelector(":scope > [role=tablist]");
    if (!list) return;
    if (!list.hasAttribute("aria-label")) {
      list.setAttribute("aria-label", "控制台的页面");
      list.setAttribute("aria-orientation", "vertical");
    }
    tabs.classList.toggle("nav-many", list.children.length > 5);
    if (!byId("nav-more")) {
      const more = document.createElement("button");
      more.id = "nav-more";
      more.type = "button";
      more.textContent = "更多";
      more.setAttribute("aria-expanded", "false");
      const put = (isOpen) => {
        tabs.classList.toggle("nav-open", isOpen);
        more.setAttribute("aria-expanded", String(isOpen));
        list.scrollTop = 0;
      };
      more.addEventListener("click", () => put(!tabs.classList.contains("nav-open")));
      list.addEventListener("click", () => put(false));
      // On a phone the list shows its first row alone: browsers scroll it to the page that has the focus.
      list.addEventListener("scroll", () => { if (!tabs.classList.contains("nav-open")) list.scrollTop = 0; });
      list.addEventListener("focusin", (event) => {
        if (event.target.matches(":focus-visible") && event.target.matches(":nth-child(n+5)")) put(true);
      });
      bar.append(more);
    }
    const told = byId("nav-counts")?.querySelector("[data-counts]")?.dataset.counts ?? "{}";
    for (const [id, [count, what]] of Object.entries(JSON.parse(told))) {
      const tab = byId(`${id}-button`);
      if (!tab || (tab.dataset.count ?? "0") === String(count)) continue;
      if (count) {
        tab.dataset.count = count;
        tab.setAttribute("aria-description", `${what} ${count}`);
      } else {
        delete tab.dataset.count;
        tab.removeAttribute("aria-description");
      }
    }
  }

  let waits = false;
  function tend() {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      speakChinese(document);
      tendPanels();
      tendDates();
      tendNavigation();
    });
  }
  new MutationObserver(tend).observe(document.body, { childList: true, subtree: true, attributes: true,
    attributeFilter: ["class", "style", "hidden", "data-counts"] });
  tend();
}
