import { Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getText } from "../api/client";
import { useI18n } from "../i18n";
import { Fault } from "../shell/Fault";
import { useContractWords } from "./words";

/** The contract summary as it is kept. It is a document of its own: nothing of it runs, and nothing of the console's style is in it. */
export function Summary({ path }: { path: string }) {
  const { t } = useI18n();
  const w = useContractWords();
  const page = useQuery({ queryKey: ["summary", path], staleTime: Infinity, queryFn: () => getText(path) });
  if (page.isPending) return <Loader aria-label={t("app.loading")} />;
  if (page.isError) return <Fault error={page.error} />;
  return <iframe sandbox="" srcDoc={page.data} title={w("step.summary")} style={{ width: "100%", height: "70vh", border: "1px solid var(--mantine-color-default-border)", borderRadius: 8, background: "white" }} />;
}
