import { ActionIcon, Alert, Anchor, AppShell, Burger, Button, Group, NativeSelect, NavLink, Text, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { IconMoon, IconSearch, IconSun } from "@tabler/icons-react";
import { lazy, type ReactNode, Suspense, useEffect, useRef } from "react";
import { NavLink as RouterLink, useLocation, useNavigate } from "react-router";
import { useLookAt, useMay, useSession } from "../api/session";
import { languageNames, languages, useI18n } from "../i18n";
import { SessionEnd } from "./SessionEnd";
import { groups, officers, type Section } from "./sections";

const GoTo = lazy(() => import("./GoTo"));

/** Header, navigation and the page. */
export function Shell({ children, account }: { children: ReactNode; account?: ReactNode }) {
  const { t } = useI18n();
  const [opened, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const { person, sandbox, top, home } = useSession();
  const { develop } = useMay();
  const here = useRef<HTMLDivElement>(null);
  // The navigation is longer than some windows.
  useEffect(() => { here.current?.querySelector("[aria-current=page]")?.scrollIntoView({ block: "nearest" }); }, [pathname]);
  const [going, goTo] = useDisclosure(false);
  const isShown = (section: Section) => (!section.administrators || person.role === "administrator") && (!section.developers || develop) && (!section.sandbox || sandbox) && (!section.top || (top && home === null));
  const all = person.role === "lawful-officer" ? officers : groups;
  // The designer has commands of its own on this key.
  const designs = /^\/flows\/[^/]+$/.test(pathname);
  useHotkeys(designs ? [] : [["mod+K", goTo.open]], []);
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
            <ActionIcon variant="default" size="md" aria-label={t("app.goTo")} aria-keyshortcuts="Control+K" title={`${t("app.goTo")} (Ctrl+K)`} onClick={goTo.open}><IconSearch size={16} /></ActionIcon>
            <LanguagePicker />
            <SchemeSwitch />
            {account}
          </Group>
        </Group>
      </AppShell.Header>
      {going && <Suspense><GoTo sections={all.flatMap(({ sections }) => sections.filter(isShown))} close={goTo.close} /></Suspense>}
      <AppShell.Navbar ref={here} p="xs" style={{ overflowY: "auto" }} aria-label={t("app.menu")}>
        {all.map(({ label: group, sections }) => (
          <div key={group ?? ""} role="group" {...(group && { "aria-label": t(group) })}>
            {group && <Text size="xs" c="dimmed" fw={600} mt="sm" mb={2} px="sm">{t(group)}</Text>}
            {sections.filter(isShown).map(({ path, label, Icon }) => (
              <NavLink key={path} component={RouterLink} to={path} label={t(label)} leftSection={<Icon size={18} aria-hidden />} py={4}
                active={path === "/" ? pathname === "/" : pathname === path || pathname.startsWith(`${path}/`)} onClick={close} variant="light" />
            ))}
          </div>
        ))}
        <Statement />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}><SessionEnd /><Below />{children}</AppShell.Main>
    </AppShell>
  );
}

/** Said on every page while it is not the own account that is looked at. */
function Below() {
  const { t } = useI18n();
  const { account_name, home } = useSession();
  const lookAt = useLookAt();
  const navigate = useNavigate();
  if (!home) return null;
  return (
    <Alert variant="outline" color="orange" mb="md" role="status">
      <Group justify="space-between">
        <Text>{t("below.at", { name: account_name })}</Text>
        <Button size="xs" variant="default" onClick={() => { lookAt(null); void navigate("/accounts"); }}>{t("below.back", { name: home.name })}</Button>
      </Group>
    </Alert>
  );
}

/** The way to the accessibility statement, which the server has in every language of the console. */
export function Statement() {
  const { language, t } = useI18n();
  return <Anchor href={`/accessibility/${language}`} size="xs" mt="md" px="sm" py={4} style={{ display: "inline-block" }}>{t("app.accessibility")}</Anchor>;
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
