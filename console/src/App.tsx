import { Center, Loader, Text, Title } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Route, Routes } from "react-router";
import { useI18n } from "./i18n";
import { Shell } from "./shell/Shell";

// The designer is large: it is loaded when a flow is opened, never with the first screen.
const Designer = lazy(() => import("./designer"));

export function App() {
  const { t } = useI18n();
  return (
    <Shell>
      <Suspense fallback={<Center h={200}><Loader aria-label={t("app.loading")} /></Center>}>
        <Routes>
          <Route path="/" element={<Title order={1}>{t("nav.dashboard")}</Title>} />
          <Route path="/flows/:sid" element={<Designer />} />
          <Route path="*" element={<Text>{t("app.notFound")}</Text>} />
        </Routes>
      </Suspense>
    </Shell>
  );
}
