// Light or dark: what the system wants, until somebody has chosen.

const KEY = "strandbus-theme";
const wantsDark = matchMedia("(prefers-color-scheme: dark)");

function chosen() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is closed to files and to private windows
  }
}

export function currentTheme() {
  const theme = chosen();
  if (theme === "light" || theme === "dark") return theme;
  return wantsDark.matches ? "dark" : "light";
}

export function applyTheme() {
  document.documentElement.dataset.theme = currentTheme();
  wantsDark.onchange = () => {
    document.documentElement.dataset.theme = currentTheme();
  };
}

export function toggleTheme() {
  const theme = currentTheme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // it holds for this page then
  }
  return theme;
}
