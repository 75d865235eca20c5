// MathJax is asked for the formulas only, and for nothing from elsewhere.
window.MathJax = {
  options: {
    ignoreHtmlClass: "tex2jax_ignore|mathjax_ignore|document",
    processHtmlClass: "tex2jax_process|mathjax_process|math|output_area",
    enableMenu: false,
  },
  // On a telephone a wide formula scrolls; its number stands on the left, where it is seen.
  tex: { tagSide: window.innerWidth < 600 ? "left" : "right" },
  svg: { fontCache: "global", scale: 0.86 },
  startup: {
    pageReady: () => MathJax.startup.defaultPageReady().then(() => {
      document.documentElement.dataset.formulas = "drawn";
      document.dispatchEvent(new Event("formulas-drawn"));
    }),
  },
};
