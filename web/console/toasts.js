// Runs once when the console's page opens. A notice of before goes when the next button is pressed, so that
// "没有完成" never stands beside the success that came after it; and notices speak Chinese to screen readers.
() => {
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("button") || event.target.closest(".toast-wrap")) return;
    document.querySelectorAll(".toast-wrap .toast-close").forEach((close) => close.click());
  }, true);
  const names = { Warning: "没有完成", Error: "出错了", Info: "提示", Success: "完成" };
  new MutationObserver(() => {
    document.querySelectorAll('.toast-wrap .toast-close[aria-label="Close"]').forEach((close) => {
      close.setAttribute("aria-label", "关闭");
    });
    document.querySelectorAll(".toast-wrap .toast-title").forEach((title) => {
      for (const node of title.childNodes) {
        const name = node.nodeType === Node.TEXT_NODE && names[node.nodeValue.trim()];
        if (name) node.nodeValue = name;
      }
    });
  }).observe(document.body, { childList: true, subtree: true });
}
