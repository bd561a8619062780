import { Button, Center, Group, Loader, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense } from "react";
import { Navigate, Route, Routes, useLocation } from "react-router";
import { remove } from "./api/client";
import { SessionProvider, useSeat, useSession, useSessionQuery } from "./api/session";
import { forgetAll } from "./designer/state/kept";
import { useI18n } from "./i18n";
import { PhoneProvider } from "./phone/context";
import { PhoneButton } from "./phone/PhoneButton";
import { Dashboard } from "./pages/Dashboard";
import { SecondFactor } from "./pages/SecondFactor";
import { SignIn } from "./pages/SignIn";
import { Welcome } from "./pages/Welcome";
import { Door } from "./shell/Door";
import { Fault } from "./shell/Fault";
import { Shell } from "./shell/Shell";

// The designer is large: it is loaded when a flow is opened, never with the first screen.
const Designer = lazy(() => import("./designer"));
const Numbers = lazy(() => import("./pages/Numbers"));
const Messages = lazy(() => import("./pages/Messages"));
const Calls = lazy(() => import("./pages/Calls"));
const Call = lazy(() => import("./pages/Call"));
const Usage = lazy(() => import("./pages/Usage"));
const Clients = lazy(() => import("./pages/Clients"));
const Applications = lazy(() => import("./pages/Applications"));
const Board = lazy(() => import("./pages/Board"));
const Accounts = lazy(() => import("./pages/Accounts"));
const Verify = lazy(() => import("./pages/Verify"));
const Masking = lazy(() => import("./pages/Masking"));
const MaskApplication = lazy(() => import("./pages/MaskApplication"));
const MaskContext = lazy(() => import("./pages/MaskContext"));
const People = lazy(() => import("./pages/People"));
const Profile = lazy(() => import("./pages/Profile"));
const Keys = lazy(() => import("./pages/Keys"));
const Flows = lazy(() => import("./pages/Flows"));
const Executions = lazy(() => import("./pages/Executions"));
const Execution = lazy(() => import("./pages/Execution"));
const Handsets = lazy(() => import("./pages/Handsets"));
const Handset = lazy(() => import("./pages/Handset"));
const Invoices = lazy(() => import("./pages/Invoices"));
const Invoice = lazy(() => import("./pages/Invoice"));
const Subscription = lazy(() => import("./pages/Subscription"));
const Conference = lazy(() => import("./pages/Conference"));
const Queue = lazy(() => import("./pages/Queue"));
const Debits = lazy(() => import("./pages/Debits"));
const Spending = lazy(() => import("./pages/Spending"));
const Books = lazy(() => import("./pages/Books"));
const Assurance = lazy(() => import("./pages/Assurance"));
const Plans = lazy(() => import("./pages/Plans"));
const Promotions = lazy(() => import("./pages/Promotions"));
const Data = lazy(() => import("./pages/Data"));
const Trunks = lazy(() => import("./pages/Trunks"));
const Lawful = lazy(() => import("./pages/Lawful"));
const LawfulRequest = lazy(() => import("./pages/LawfulRequest"));
const AllExecutions = lazy(() => import("./pages/AllExecutions"));
const Queues = lazy(() => import("./pages/Queues"));
const Reports = lazy(() => import("./pages/Reports"));
const Audit = lazy(() => import("./pages/Audit"));
const Recordings = lazy(() => import("./pages/Recordings"));
const Transcriptions = lazy(() => import("./pages/Transcriptions"));
const Notifications = lazy(() => import("./pages/Notifications"));
const Simple = lazy(() => import("./pages/Simple"));

export function App() {
  const { t } = useI18n();
  const { pathname } = useLocation();
  const session = useSessionQuery();
  if (pathname === "/welcome") return <Welcome />;
  if (session.isPending) return <Waiting label={t("app.loading")} />;
  if (session.isError) return <Door><Fault error={session.error} /><Button mt="md" onClick={() => void session.refetch()}>{t("app.retry")}</Button></Door>;
  if (!session.data) return <SignIn />;
  if (session.data.second_factor.needed) return <SessionProvider value={session.data}><Enrol /></SessionProvider>;
  if (session.data.person.role === "lawful-officer") return <SessionProvider value={session.data}><Office /></SessionProvider>;
  return <SessionProvider value={session.data}><PhoneProvider><Pages /></PhoneProvider></SessionProvider>;
}

function Pages() {
  const { t } = useI18n();
  return (
    <Shell account={<><PhoneButton /><SignOut /></>}>
      <Suspense fallback={<Waiting label={t("app.loading")} />}>
        <Routes>
          <Route path="/" element={<Dashboard />} />
          <Route path="/numbers" element={<Numbers />} />
          <Route path="/messages" element={<Messages />} />
          <Route path="/calls" element={<Calls />} />
          <Route path="/calls/:sid" element={<Call />} />
          <Route path="/handsets" element={<Handsets />} />
          <Route path="/handsets/:number" element={<Handset />} />
          <Route path="/invoices" element={<Invoices />} />
          <Route path="/invoices/:sid" element={<Invoice />} />
          <Route path="/subscription" element={<Subscription />} />
          <Route path="/conferences/:sid" element={<Conference />} />
          <Route path="/executions" element={<AllExecutions />} />
          <Route path="/reports" element={<Reports />} />
          <Route path="/queues" element={<Queues />} />
          <Route path="/queues/board" element={<Board />} />
          <Route path="/queues/:sid" element={<Queue />} />
          <Route path="/direct-debit" element={<Debits />} />
          <Route path="/spending" element={<Spending />} />
          <Route path="/books" element={<Books />} />
          <Route path="/assurance" element={<Assurance />} />
          <Route path="/plans" element={<Plans />} />
          <Route path="/promotions" element={<Promotions />} />
          <Route path="/data" element={<Data />} />
          <Route path="/trunks" element={<Trunks />} />
          <Route path="/audit" element={<Audit />} />
          <Route path="/usage" element={<Usage />} />
          <Route path="/clients" element={<Clients />} />
          <Route path="/accounts" element={<Accounts />} />
          <Route path="/verify" element={<Verify />} />
          <Route path="/masking" element={<Masking />} />
          <Route path="/masking/:sid" element={<MaskApplication />} />
          <Route path="/masking/:sid/contexts/:context" element={<MaskContext />} />
          <Route path="/keys" element={<Keys />} />
          <Route path="/people" element={<People />} />
          <Route path="/profile" element={<Profile />} />
          <Route path="/flows" element={<Flows />} />
          <Route path="/flows/:sid" element={<Designer />} />
          <Route path="/flows/:sid/executions" element={<Executions />} />
          <Route path="/flows/:sid/executions/:execution" element={<Execution />} />
          <Route path="/applications" element={<Applications />} />
          <Route path="/recordings" element={<Recordings />} />
          <Route path="/transcriptions" element={<Transcriptions />} />
          <Route path="/notifications" element={<Notifications />} />
          {(["conferences", "domains"] as const).map((kind) => (
            <Route key={kind} path={`/${kind}`} element={<Simple key={kind} kind={kind} />} />
          ))}
          <Route path="*" element={<Text>{t("app.notFound")}</Text>} />
        </Routes>
      </Suspense>
    </Shell>
  );
}

/** What is there for a lawful officer, and nothing else. */
function Office() {
  const { t } = useI18n();
  return (
    <Shell account={<SignOut />}>
      <Suspense fallback={<Waiting label={t("app.loading")} />}>
        <Routes>
          <Route path="/lawful/:sid" element={<LawfulRequest />} />
          <Route path="/profile" element={<Profile />} />
          <Route path="/lawful" element={<Lawful />} />
          <Route path="*" element={<Navigate to="/lawful" replace />} />
        </Routes>
      </Suspense>
    </Shell>
  );
}

/** Before anything else, where the role needs it. */
function Enrol() {
  const { t } = useI18n();
  return (
    <Door>
      <Title order={1} size="h2" mb="sm">{t("factor.title")}</Title>
      <Text mb="sm">{t("factor.must")}</Text>
      <SecondFactor />
      <Group mt="md"><SignOut /></Group>
    </Door>
  );
}

function SignOut(): ReactNode {
  const { t } = useI18n();
  const seat = useSeat();
  const { person } = useSession();
  const end = useMutation({ mutationFn: () => remove("/console/api/session"), onSuccess: () => { forgetAll(); seat(null); } });
  return (
    <>
      <Text size="sm" visibleFrom="md">{person.email}</Text>
      <Button size="xs" variant="default" loading={end.isPending} onClick={() => end.mutate()}>{t("signOut.do")}</Button>
    </>
  );
}

const Waiting = ({ label }: { label: string }) => <Center mih={200}><Loader aria-label={label} /></Center>;
