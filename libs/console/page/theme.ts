const KEY = "sluice.theme";
const themes = ["system", "light", "dark"] as const;
type Theme = (typeof themes)[number];

/** What the reader has chosen; `system` at first. */
export function theme(): Theme {
  return themes.find((one) => one === localStorage.getItem(KEY)) ?? "system";
}

/** Colours follow the attribute, and the system where there is none. */
export function applyTheme(): void {
  if (theme() === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme();
}

/** The one after this. */
export function nextTheme(): void {
  localStorage.setItem(KEY, themes[(themes.indexOf(theme()) + 1) % themes.length]);
  applyTheme();
}
