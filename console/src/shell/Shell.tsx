import { ActionIcon, AppShell, Burger, Group, NativeSelect, NavLink, Text, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconMoon, IconSun } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { NavLink as RouterLink, useLocation } from "react-router";
import { useMay, useSession } from "../api/session";
import { languageNames, languages, useI18n } from "../i18n";
import { sections } from "./sections";

/** Header, navigation and the page. */
export function Shell({ children, account }: { children: ReactNode; account?: ReactNode }) {
  const { t } = useI18n();
  const [opened, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const { person, sandbox } = useSession();
  const { develop } = useMay();
  return (
    <AppShell header={{ height: 56 }} navbar={{ width: 232, breakpoint: "sm", collapsed: { mobile: !opened } }} padding="lg">
      <a className="skip" href="#content">{t("app.skip")}</a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t("app.menu")} />
            <img src="/console/icon.svg" alt="" width={26} height={26} />
            <Text fw={700} size="lg">flexio</Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <LanguagePicker />
            <SchemeSwitch />
            {account}
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" style={{ overflowY: "auto" }} aria-label={t("app.menu")}>
        {sections.filter((section) => (!section.administrators || person.role === "administrator") && (!section.developers || develop) && (!section.sandbox || sandbox)).map(({ path, label, Icon }) => (
          <NavLink key={path} component={RouterLink} to={path} label={t(label)} leftSection={<Icon size={18} aria-hidden />}
            active={path === "/" ? pathname === "/" : pathname.startsWith(path)} onClick={close} variant="light" />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>{children}</AppShell.Main>
    </AppShell>
  );
}

export function LanguagePicker() {
  const { language, setLanguage, t } = useI18n();
  return (
    <NativeSelect size="xs" aria-label={t("app.language")} value={language}
      data={languages.map((value) => ({ value, label: languageNames[value] }))}
      onChange={(event) => {
        const chosen = languages.find((value) => value === event.currentTarget.value);
        if (chosen) setLanguage(chosen);
      }} />
  );
}

export function SchemeSwitch() {
  const { t } = useI18n();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  return (
    <ActionIcon variant="default" size="md" aria-label={t("app.scheme")} onClick={() => setColorScheme(scheme === "dark" ? "light" : "dark")}>
      {scheme === "dark" ? <IconSun size={16} /> : <IconMoon size={16} />}
    </ActionIcon>
  );
}
