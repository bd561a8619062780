import { useDebouncedValue } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";

/** The filters of a list as the address of its page has them: `?From=%2B32…`. */
export interface View { search: string; apply: (search: string) => void }

/** Filters of a list: what is in the fields, what is asked for once somebody stops typing, and how a field sets one. They stand in the address of the page, so a link gives them. */
export function useFilters<Name extends string>(names: readonly Name[]) {
  const { search } = useLocation();
  const navigate = useNavigate();
  const read = (from: string) => {
    const told = new URLSearchParams(from);
    return new Map<Name, string>(names.map((name) => [name, told.get(name) ?? ""]));
  };
  const [values, setValues] = useState(() => read(search));
  const [settled] = useDebouncedValue(values, 400);
  const asked: Record<string, string> = Object.fromEntries(settled);
  const given = new URLSearchParams([...settled].filter(([, value]) => value !== "")).toString();
  const view = given === "" ? "" : `?${given}`;
  // The address is the browser's: it is told of the fields, and a link to this page tells the fields.
  const known = useRef(search);
  useEffect(() => {
    if (view === known.current) return;
    known.current = view;
    void navigate({ search: view }, { replace: true });
    // Only what was typed moves the address.
  }, [view]);
  useEffect(() => {
    if (search === known.current) return;
    known.current = search;
    setValues(read(search));
    // `read` follows from the names of the page, which do not change.
  }, [search]);
  const field = (name: Name) => ({
    value: values.get(name) ?? "",
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setValues((before) => new Map(before).set(name, value));
    },
  });
  return { field, asked, any: view !== "", view: { search: view, apply: (to: string) => setValues(read(to)) } satisfies View };
}
