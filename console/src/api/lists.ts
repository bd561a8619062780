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

/** Where the next page is: its address, or for lists of flows the row behind which it begins. `first` is the address of the first one. */
export function following(page: unknown, first: string): string | null {
  if (!isRecord(page)) return null;
  if (typeof page["next_page_uri"] === "string") return page["next_page_uri"];
  return typeof page["next_after"] === "string" ? `${first}&${new URLSearchParams({ AfterSid: page["next_after"] })}` : null;
}

/** A list of the account, filtered and paged by the server. */
export function useList(resource: string, member: string, filters: Record<string, string>, refetchInterval: number | false = false, face: Face = "twilio", size = 25) {
  const { account_sid } = useSession();
  const first = listPath(account_sid, resource, filters, size, face);
  return useInfiniteQuery({
    queryKey: ["list", resource, filters, account_sid],
    initialPageParam: first,
    refetchInterval,
    queryFn: async ({ pageParam }) => {
      const page = await get(pageParam);
      return { rows: rows(isRecord(page) ? page[member] : page), next: following(page, first) };
    },
    getNextPageParam: (page) => page.next,
  });
}
