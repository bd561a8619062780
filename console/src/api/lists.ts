import { useInfiniteQuery } from "@tanstack/react-query";
import { accountPath, get, isRecord, nativePath } from "./client";
import { useSession } from "./session";

export type Row = Record<string, unknown>;

/** A property as a text: what is absent is empty. */
export function text(row: Row | undefined, name: string): string {
  const value = row?.[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

export const rows = (value: unknown): Row[] => (Array.isArray(value) ? value.filter(isRecord) : []);

/** Which API a list is of: Twilio's has prices on everything, the classic one more resources. */
export type Face = "twilio" | "native";

/** The first page of a list of the account. */
export function listPath(account: string, resource: string, filters: Record<string, string>, size: number, face: Face = "twilio"): string {
  const given = Object.entries(filters).filter(([, value]) => value !== "");
  const base = face === "twilio" ? accountPath(account) : nativePath(account);
  return `${base}/${resource}.json?${new URLSearchParams([...given, ["PageSize", String(size)]])}`;
}

/** A list of the account, filtered and paged by the server. */
export function useList(resource: string, member: string, filters: Record<string, string>, refetchInterval: number | false = false, face: Face = "twilio") {
  const { account_sid } = useSession();
  const first = listPath(account_sid, resource, filters, 25, face);
  return useInfiniteQuery({
    queryKey: ["list", resource, filters, account_sid],
    initialPageParam: first,
    refetchInterval,
    queryFn: async ({ pageParam }) => {
      const page = await get(pageParam);
      const next = isRecord(page) && typeof page["next_page_uri"] === "string" ? page["next_page_uri"] : null;
      return { rows: rows(isRecord(page) ? page[member] : page), next };
    },
    getNextPageParam: (page) => page.next,
  });
}
