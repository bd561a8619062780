import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";
import { useI18n } from "../i18n";
import { useTargets } from "./flows";
import { useNumberWords } from "./words";

/** What answers by an address: a flow by its name, or the address itself. */
export function Answering({ url }: { url: string }) {
  const { t } = useI18n();
  const w = useNumberWords();
  const { targets } = useTargets();
  const target = targets.find((each) => each.url === url);
  if (target) return <Anchor component={Link} to={`/flows/${target.sid}`} underline="always">{w(target.isTest ? "test" : "flow", { name: target.name })}</Anchor>;
  return <Text inherit style={{ overflowWrap: "anywhere" }}>{url || t("list.none")}</Text>;
}
