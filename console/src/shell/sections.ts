import { IconHome, IconSitemap } from "@tabler/icons-react";
import type { MessageKey } from "../i18n";

/** The navigation, in its order. */
export const sections: { path: string; label: MessageKey; Icon: typeof IconHome }[] = [
  { path: "/", label: "nav.dashboard", Icon: IconHome },
  { path: "/flows", label: "nav.flows", Icon: IconSitemap },
];
