import { byId, setText } from './dom.js';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

function stored(): Theme {
  const value = localStorage.getItem('theme');
  return THEMES.find((theme) => theme === value) ?? 'auto';
}

/** The button that goes through the themes; `auto` follows the system. */
export function setUpTheme(): void {
  const button = byId('theme');
  let theme = stored();
  const show = (): void => {
    document.documentElement.dataset['theme'] = theme;
    setText(button, `Theme: ${theme}`);
  };
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme;
    localStorage.setItem('theme', theme);
    show();
  });
  show();
}
