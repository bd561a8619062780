/** From this size on only what is in view is drawn; the outline has everything for those who cannot see it. */
export const ALL_DRAWN_MAX = 120;
