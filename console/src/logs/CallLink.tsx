import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import { type Row, text } from "../api/lists";
import { useFormats } from "../i18n/format";
import { useLogWords } from "./words";

/** The way to the call that something belongs to. */
export function CallLink({ row }: { row: Row }) {
  const w = useLogWords();
  const { moment } = useFormats();
  const sid = text(row, "call_sid");
  return sid ? <Anchor component={Link} to={`/calls/${sid}`} underline="always" aria-label={w("call.open.about", { when: moment(text(row, "date_created")) })}>{w("call.open")}</Anchor> : null;
}
