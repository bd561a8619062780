// The facade (API first; the body follows in the next commits).
//
// impl Endpoint {
//     pub fn new(config: Config, seed: [u8; 32]) -> Endpoint;
//     // input
//     pub fn receive_datagram(&mut self, now: Duration, flow: Flow, trust: Trust, bytes: &[u8]);
//     pub fn receive_stream(&mut self, now: Duration, flow: Flow, trust: Trust, bytes: &[u8]); // flow.connection is Some
//     pub fn connection_closed(&mut self, now: Duration, connection: ConnectionId);
//     pub fn transmit_failed(&mut self, now: Duration, id: TransmitId); // send error, connect failure, ICMP
//     pub fn handle_timeout(&mut self, now: Duration);
//     // output: drain after each input and operation
//     pub fn poll_timeout(&self) -> Option<Duration>;
//     pub fn poll_transmit(&mut self) -> Option<Transmit>;
//     pub fn poll_event(&mut self) -> Option<Event>;
//     // outbound legs
//     pub fn invite(&mut self, now: Duration, request: InviteRequest) -> Result<LegId, OpError>;
//     pub fn cancel(&mut self, now: Duration, leg: LegId, reason: Option<&Reason>) -> Result<(), OpError>;
//     // inbound legs
//     pub fn ring(&mut self, now: Duration, leg: LegId, status: u16, sdp: Option<&[u8]>) -> Result<(), OpError>;
//     pub fn answer(&mut self, now: Duration, leg: LegId, sdp: &[u8], extra: &ExtraHeaders) -> Result<(), OpError>;
//     pub fn reject(&mut self, now: Duration, leg: LegId, status: u16, phrase: Option<&str>, extra: &ExtraHeaders) -> Result<(), OpError>;
//     pub fn challenge(&mut self, now: Duration, leg: LegId, stale: bool) -> Result<(), OpError>; // 401 by Config.auth, ends the leg
//     pub fn verify(&mut self, now: Duration, credentials: &Credentials, secret: &Secret) -> Verdict; // Accepted | Stale | Wrong
//     // any leg; each ends the leg at once: Ended is queued before the call returns, the wire is tidied up after
//     pub fn bye(&mut self, now: Duration, leg: LegId, reason: Option<&Reason>) -> Result<(), OpError>; // early legs: CANCEL / 480
//     // established legs
//     pub fn reinvite(&mut self, now: Duration, leg: LegId, sdp: &[u8]) -> Result<(), OpError>;
//     pub fn accept_reinvite(&mut self, now: Duration, leg: LegId, sdp: &[u8]) -> Result<(), OpError>;
//     pub fn reject_reinvite(&mut self, now: Duration, leg: LegId, status: u16) -> Result<(), OpError>;
//     pub fn info(&mut self, now: Duration, leg: LegId, content_type: &str, body: &[u8]) -> Result<(), OpError>;
//     pub fn set_route(&mut self, leg: LegId, destination: Destination) -> Result<(), OpError>; // shell-resolved next hop
//     // outside dialogs
//     pub fn options(&mut self, now: Duration, request: OptionsRequest) -> Result<PingId, OpError>;
//     pub fn set_shed(&mut self, shed: Shed);
//     pub fn stats(&self) -> Stats; // legs, transactions, connections
// }
