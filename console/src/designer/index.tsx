import { Code, Title } from "@mantine/core";
import { useParams } from "react-router";
import { useI18n } from "../i18n";

/** The page of one flow. */
export default function Designer() {
  const { t } = useI18n();
  const { sid } = useParams();
  return <><Title order={1}>{t("nav.flows")}</Title><Code>{sid}</Code></>;
}
