import { IconApps, IconBell, IconBuilding, IconChartBar, IconDeviceLandlinePhone, IconDeviceMobile, IconFingerprint, IconHome, IconKey, IconMessage, IconMicrophone, IconNumber, IconPhone, IconServer, IconSitemap, IconStack2, IconUsers, IconUsersGroup, IconPassword } from "@tabler/icons-react";
import type { MessageKey } from "../i18n";

/** The navigation, in its order. */
export const sections: { path: string; label: MessageKey; Icon: typeof IconHome; administrators?: true; developers?: true; sandbox?: true }[] = [
  { path: "/", label: "nav.dashboard", Icon: IconHome },
  { path: "/numbers", label: "nav.numbers", Icon: IconNumber },
  { path: "/flows", label: "nav.flows", Icon: IconSitemap },
  { path: "/applications", label: "nav.applications", Icon: IconApps },
  { path: "/calls", label: "nav.calls", Icon: IconPhone },
  { path: "/messages", label: "nav.messages", Icon: IconMessage },
  { path: "/handsets", label: "nav.handsets", Icon: IconDeviceMobile, sandbox: true },
  { path: "/recordings", label: "nav.recordings", Icon: IconMicrophone },
  { path: "/conferences", label: "nav.conferences", Icon: IconUsersGroup },
  { path: "/queues", label: "nav.queues", Icon: IconStack2 },
  { path: "/notifications", label: "nav.notifications", Icon: IconBell },
  { path: "/usage", label: "nav.usage", Icon: IconChartBar },
  { path: "/verify", label: "nav.verify", Icon: IconPassword },
  { path: "/clients", label: "nav.clients", Icon: IconDeviceLandlinePhone },
  { path: "/keys", label: "nav.keys", Icon: IconKey, developers: true },
  { path: "/domains", label: "nav.domains", Icon: IconServer },
  { path: "/accounts", label: "nav.accounts", Icon: IconBuilding, administrators: true },
  { path: "/people", label: "nav.people", Icon: IconUsers, administrators: true },
  { path: "/profile", label: "nav.profile", Icon: IconFingerprint },
];
