//! baresip, a SIP phone with real audio: it plays a file, and writes down what it hears.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::programs::{free_port, free_ports, port_taken, root};
use crate::{PATIENCE, audio, eventually};

/// A running phone.
#[derive(Debug)]
pub struct Baresip {
    child: Child,
    control: OwnedWriteHalf,
    events: Arc<watch::Sender<Vec<Value>>>,
    screen: Arc<Mutex<Vec<u8>>>,
    folder: TempDir,
    /// Its SIP address.
    pub address: SocketAddr,
}

impl Baresip {
    /// A phone that is called `user` and says `sound`; it answers by itself when it is called.
    pub async fn start(user: &str, sound: &[i16]) -> Self {
        Self::start_with(user, sound, "audio_codecs=PCMA/8000/1,PCMU/8000/1").await
    }

    /// A phone that registers at `registrar`, such as `127.0.0.1:5060;transport=tcp`, and waits until it is. Parameters as for
    /// [`Self::start_with`].
    pub async fn register(
        user: &str,
        password: &str,
        registrar: &str,
        sound: &[i16],
        parameters: &str,
    ) -> Self {
        let account = |_: u16| format!("<sip:{user}@{registrar}>;auth_pass={password};regint=60");
        let phone = Self::with_account(account, sound, parameters).await;
        // Its event may come before anybody listens to its events.
        eventually("the phone is registered", || async { (phone.registrations() > 0).then_some(()) }).await;
        phone
    }

    /// The same with parameters of the account, such as its codecs, `mediaenc=srtp-mand` and `answermode=manual`.
    pub async fn start_with(user: &str, sound: &[i16], parameters: &str) -> Self {
        let account = |sip: u16| format!("<sip:{user}@127.0.0.1:{sip}>;regint=0");
        Self::with_account(account, sound, parameters).await
    }

    async fn with_account(account: impl Fn(u16) -> String, sound: &[i16], parameters: &str) -> Self {
        let folder = tempfile::tempdir().expect("there is room for temporary files");
        // At the end of its file baresip hangs up, so the file outlives every test.
        let lasting = [sound, &audio::silence(120_000)].concat();
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join(name), bytes).expect("the folder is ours");
        };
        write("says.wav", &audio::wav(&lasting));
        // Its media may be at any of twenty ports: they are nobody else's.
        let (sip, control, screen, media) = (free_port(), free_port(), free_port(), free_ports(11));
        write("config", config(folder.path(), sip, (control, screen), media).as_bytes());
        let answers = if parameters.contains("answermode=") { "" } else { ";answermode=auto" };
        let account = format!("{}{answers};{parameters};ptime=20\n", account(sip));
        write("accounts", account.as_bytes());
        write("contacts", b"");
        std::fs::create_dir(folder.path().join("rec")).expect("the folder is ours");
        let log = std::fs::File::create(folder.path().join("log")).expect("the folder is ours");
        let child = Command::new("baresip")
            .args(["-4", "-v", "-f"])
            .arg(folder.path())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("baresip is installed (scripts/setup)");
        port_taken("udp", sip).await;
        port_taken("tcp", control).await;
        port_taken("tcp", screen).await;
        let console = TcpStream::connect(("127.0.0.1", screen)).await.expect("it listens");
        let screen = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(watch_screen(console, Arc::clone(&screen)));
        let stream = TcpStream::connect(("127.0.0.1", control)).await.expect("it listens");
        let (reading, control) = stream.into_split();
        let events = Arc::new(watch::Sender::new(Vec::new()));
        tokio::spawn(listen(reading, Arc::clone(&events)));
        Self { child, control, events, screen, folder, address: SocketAddr::from(([127, 0, 0, 1], sip)) }
    }

    async fn command(&mut self, command: &str, params: &str) {
        let text = json!({ "command": command, "params": params }).to_string();
        let framed = format!("{}:{text},", text.len());
        self.control.write_all(framed.as_bytes()).await.expect("baresip runs");
    }

    /// Calls a number at flexio.
    pub async fn dial(&mut self, number: &str, flexio: SocketAddr) {
        self.command("dial", &format!("sip:{number}@{flexio}")).await;
    }

    /// Calls an address, such as `sip:600@127.0.0.1:5061;transport=tls`, and waits for the answer.
    pub async fn call_address(&mut self, address: &str) {
        self.command("dial", address).await;
        self.event("CALL_ESTABLISHED").await;
    }

    /// Calls a number at flexio and waits for the answer.
    pub async fn call(&mut self, number: &str, flexio: SocketAddr) {
        self.dial(number, flexio).await;
        self.event("CALL_ESTABLISHED").await;
    }

    /// Presses keys, by RFC 4733 events.
    pub async fn press(&mut self, digits: &str) {
        for digit in digits.chars() {
            self.command("sndcode", &digit.to_string()).await;
            // The phone cuts an event off by the next one; what was sent is known by its log alone.
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        }
    }

    /// Asks for the other party to be sent to an address, by REFER.
    pub async fn transfer(&mut self, address: &str) {
        self.command("transfer", address).await;
    }

    /// Ends the call.
    pub async fn hang_up(&mut self) {
        self.command("hangup", "").await;
        self.event("CALL_CLOSED").await;
    }

    /// Waits for an event of baresip, such as `CALL_CLOSED`.
    pub async fn event(&self, kind: &str) -> Value {
        let mut events = self.events.subscribe();
        let is = |event: &&Value| event["type"] == kind;
        let seen =
            tokio::time::timeout(PATIENCE, events.wait_for(|all| all.iter().any(|event| is(&event)))).await;
        match seen {
            Ok(Ok(all)) => all.iter().find(is).cloned().expect("it was seen"),
            _ => panic!("no {kind}: {:#?}\n{}", self.events.borrow(), self.log()),
        }
    }

    /// Keys that were pressed to it, by RFC 4733 events.
    pub fn keys(&self) -> String {
        let all = self.events.borrow();
        let begun = all.iter().filter(|event| event["type"] == "CALL_DTMF_START");
        begun.filter_map(|event| event["param"].as_str()).collect()
    }

    /// How often a registrar said yes to it.
    pub fn registrations(&self) -> usize {
        self.log().matches(" 200 OK (flexio").count()
    }

    /// What it showed whoever holds it, such as texts.
    pub fn shown(&self) -> String {
        let shown = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// What it logged.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What it heard in its calls, which must be over, one after the other. Once a re-INVITE has changed its media it writes down nothing more.
    pub async fn heard(&self) -> Vec<i16> {
        let folder = self.folder.path().join("rec");
        eventually("baresip wrote what it heard", || async {
            let files = std::fs::read_dir(&folder).ok()?.filter_map(Result::ok).map(|file| file.path());
            let heard = files.filter(|path| path.to_string_lossy().ends_with("-dec.wav"));
            // Their names are times.
            let mut heard: Vec<PathBuf> = heard.collect();
            heard.sort_unstable();
            // The head of a file is written last.
            let whole = heard.iter().all(|path| {
                let bytes = std::fs::read(path).unwrap_or_default();
                hound::WavReader::new(&bytes[..]).is_ok_and(|wav| wav.len() > 0)
            });
            (whole && !heard.is_empty()).then(|| heard.iter().flat_map(|path| audio::read(path)).collect())
        })
        .await
    }

    /// Ends the program.
    pub async fn quit(mut self) {
        self.command("quit", "").await;
        let _ = tokio::time::timeout(PATIENCE, self.child.wait()).await;
    }
}

fn config(folder: &Path, sip: u16, (control, screen): (u16, u16), media: u16) -> String {
    let (folder, ca) = (folder.display(), root().join("crates/voice-node/tests/node/certs/ca.pem"));
    let ca = ca.display();
    format!(
        "sip_listen 127.0.0.1:{sip}\nsip_cafile {ca}\nnet_interface 127.0.0.1\naudio_player aufile,{folder}/unused.wav\n\
         audio_source aufile,{folder}/says.wav\nausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\n\
         audio_txmode thread\naudio_telev_pt 101\nrtp_ports {media}-{}\nmodule_path /usr/lib/baresip/modules\n\
         module g711.so\nmodule g722.so\nmodule opus.so\nmodule srtp.so\nmodule aufile.so\nmodule sndfile.so\nmodule_tmp uuid.so\nmodule_tmp account.so\n\
         module_app menu.so\nmodule_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{control}\n\
         module cons.so\ncons_listen 127.0.0.1:{screen}\nsnd_path {folder}/rec\n",
        media + 20
    )
}

/// Keeps what is shown, until the phone is gone.
async fn watch_screen(mut console: TcpStream, screen: Arc<Mutex<Vec<u8>>>) {
    let mut bytes: Vec<u8> = Vec::new();
    while console.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
        screen.lock().unwrap_or_else(PoisonError::into_inner).append(&mut bytes);
    }
}

/// Reads events, netstrings of JSON, until the phone is gone.
async fn listen(mut reading: OwnedReadHalf, events: Arc<watch::Sender<Vec<Value>>>) {
    let mut bytes: Vec<u8> = Vec::new();
    while reading.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
        while let Some((event, used)) = netstring(&bytes) {
            bytes.drain(..used);
            events.send_modify(|all| all.push(event));
        }
    }
}

fn netstring(bytes: &[u8]) -> Option<(Value, usize)> {
    let colon = bytes.iter().position(|byte| *byte == b':')?;
    let length: usize = std::str::from_utf8(&bytes[..colon]).ok()?.parse().ok()?;
    let body = bytes.get(colon + 1..colon + 1 + length)?;
    // The comma after it.
    bytes.get(colon + 1 + length)?;
    Some((serde_json::from_slice(body).unwrap_or(Value::Null), colon + 2 + length))
}
