import { createTheme } from "@mantine/core";

/** Shades chosen for AA contrast of text on filled surfaces in both schemes. */
export const theme = createTheme({
  primaryColor: "violet",
  primaryShade: { light: 8, dark: 6 },
  autoContrast: true,
  defaultRadius: "md",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'Cascadia Mono', Menlo, monospace",
  respectReducedMotion: true,
  // A link has the size of the text it stands in.
  components: { Anchor: { defaultProps: { inherit: true } } },
});
