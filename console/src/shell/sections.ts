import { IconAdjustmentsDollar, IconApps, IconBell, IconBook2, IconBuilding, IconBuildingBank, IconChartBar, IconDatabaseExport, IconDeviceLandlinePhone, IconDeviceMobile, IconDiscount, IconFileInvoice, IconFileText, IconFingerprint, IconGavel, IconHistory, IconHome, IconKey, IconMessage, IconMicrophone, IconNumber, IconPassword, IconPhone, IconPlayerTrackNext, IconPlugConnected, IconReportMoney, IconServer, IconShieldCheck, IconSignature, IconSitemap, IconStack2, IconTags, IconUsers, IconUsersGroup, IconMasksTheater } from "@tabler/icons-react";
import type { MessageKey } from "../i18n";

export interface Section {
  path: string;
  label: MessageKey;
  Icon: typeof IconHome;
  administrators?: true;
  developers?: true;
  sandbox?: true;
  /** What is the installation's: for the top account alone. */
  top?: true;
}

/** All there is for a lawful officer, who does and reads nothing else. */
export const officers: { label: MessageKey | null; sections: Section[] }[] = [
  { label: null, sections: [
    { path: "/lawful", label: "nav.lawful", Icon: IconGavel },
    { path: "/profile", label: "nav.profile", Icon: IconFingerprint },
  ] },
];

/** The navigation, in its order; the first group has no name. */
export const groups: { label: MessageKey | null; sections: Section[] }[] = [
  { label: null, sections: [
    { path: "/", label: "nav.dashboard", Icon: IconHome },
    { path: "/numbers", label: "nav.numbers", Icon: IconNumber },
    { path: "/flows", label: "nav.flows", Icon: IconSitemap },
    { path: "/applications", label: "nav.applications", Icon: IconApps },
    { path: "/verify", label: "nav.verify", Icon: IconPassword },
    { path: "/masking", label: "nav.masking", Icon: IconMasksTheater },
  ] },
  { label: "nav.traffic", sections: [
    { path: "/calls", label: "nav.calls", Icon: IconPhone },
    { path: "/messages", label: "nav.messages", Icon: IconMessage },
    { path: "/handsets", label: "nav.handsets", Icon: IconDeviceMobile, sandbox: true },
    { path: "/executions", label: "nav.executions", Icon: IconPlayerTrackNext },
    { path: "/recordings", label: "nav.recordings", Icon: IconMicrophone },
    { path: "/transcriptions", label: "nav.transcriptions", Icon: IconFileText },
    { path: "/conferences", label: "nav.conferences", Icon: IconUsersGroup },
    { path: "/queues", label: "nav.queues", Icon: IconStack2 },
    { path: "/notifications", label: "nav.notifications", Icon: IconBell },
  ] },
  { label: "nav.money", sections: [
    { path: "/usage", label: "nav.usage", Icon: IconChartBar },
    { path: "/spending", label: "nav.spending", Icon: IconAdjustmentsDollar },
    { path: "/invoices", label: "nav.invoices", Icon: IconFileInvoice },
    { path: "/direct-debit", label: "nav.debits", Icon: IconBuildingBank },
    { path: "/subscription", label: "nav.subscription", Icon: IconSignature },
    { path: "/plans", label: "nav.plans", Icon: IconTags, top: true },
    { path: "/promotions", label: "nav.promotions", Icon: IconDiscount, top: true },
    { path: "/reports", label: "nav.reports", Icon: IconReportMoney, top: true },
    { path: "/books", label: "nav.books", Icon: IconBook2, top: true },
    { path: "/assurance", label: "nav.assurance", Icon: IconShieldCheck, top: true },
  ] },
  { label: "nav.access", sections: [
    { path: "/clients", label: "nav.clients", Icon: IconDeviceLandlinePhone },
    { path: "/domains", label: "nav.domains", Icon: IconServer },
    { path: "/trunks", label: "nav.trunks", Icon: IconPlugConnected, top: true },
    { path: "/keys", label: "nav.keys", Icon: IconKey, developers: true },
    { path: "/accounts", label: "nav.accounts", Icon: IconBuilding, administrators: true },
    { path: "/people", label: "nav.people", Icon: IconUsers, administrators: true },
    { path: "/audit", label: "nav.audit", Icon: IconHistory, administrators: true },
    { path: "/data", label: "nav.data", Icon: IconDatabaseExport, developers: true },
    { path: "/profile", label: "nav.profile", Icon: IconFingerprint },
  ] },
];
