//! A disk that fills up and is cleared again.

use std::path::{Path, PathBuf};
use std::process::Command;

use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::Web;

/// A file system of 24 MiB in memory, gone with the value. It needs root, as in a container; without, a namespace of our own in
/// which we are root, so the whole test runs itself again inside one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs"])
            .arg(folder.path())
            .output();
        mounted.is_ok_and(|done| done.status.success()).then(|| Self(folder))
    }

    fn ballast(&self) -> PathBuf {
        self.0.path().join("ballast")
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.ballast()).unwrap();
        for size in [65_536, 4_096, 512, 1] {
            while file.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazy: flexio may still be on its way out.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Runs this test again where mounting is allowed.
fn again_as_root_of_a_namespace(name: &str) {
    let test = std::env::current_exe().unwrap();
    let status = Command::new("unshare")
        .args(["-rm"])
        .arg(test)
        .args(["--exact", name, "--nocapture"])
        .env("FLEXIO_E2E_UNSHARED", "1")
        .status();
    assert!(status.is_ok_and(|status| status.success()), "inside the namespace, or user namespaces are off");
}

async fn refused(flexio: &Flexio, form: &[(&str, &str)]) {
    eventually("new work is refused", || async {
        let answer = flexio.rest.post_at(&flexio.rest.path("/Messages.json"), form).await;
        if answer.status == 201 {
            return None;
        }
        assert_eq!((answer.status, answer.code()), (503, 20_507), "{}", answer.text());
        assert!(answer.headers.contains_key("retry-after"));
        Some(())
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_refuses_new_work_keeps_running_calls_and_recovers_by_itself() {
    let Some(disk) = SmallDisk::mount() else {
        assert!(
            std::env::var_os("FLEXIO_E2E_UNSHARED").is_none(),
            "mounting fails even as root of a namespace"
        );
        return again_as_root_of_a_namespace(
            "disk::a_full_disk_refuses_new_work_keeps_running_calls_and_recovers_by_itself",
        );
    };
    let data: &Path = &disk.0.path().join("data");
    let mut flexio = Setup::default().data(data).start().await;
    let web = Web::start().await;
    web.verbs("/voice", r#"<Gather timeout="60"/>"#);
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let running = Sipp::new("caller").calls(flexio.sip, &number).pause(8_000).start();
    flexio.rest.wait_all("/Calls.json", "calls", 1, &["in-progress"]).await;

    disk.fill();
    let form = [("From", number.as_str()), ("To", "+32470111222"), ("Body", "no room")];
    refused(&flexio, &form).await;
    // What little room the log has left is used up by small writes, those of this question among them.
    eventually("the program says that it is not ready", || async {
        let ready = flexio.rest.send("GET", "/health/ready", &[], &[]).await.unwrap();
        (ready.status == 503).then_some(())
    })
    .await;
    Sipp::new("refused").with("@STATUS@", "503").calls(flexio.sip, &number).succeed().await;
    assert!(flexio.is_running());
    let calls = flexio.rest.get("/Calls.json").await;
    assert_eq!(calls["calls"][0]["status"], "in-progress", "reading goes on, and so does the call: {calls}");

    std::fs::remove_file(disk.ballast()).unwrap();
    eventually("new work is taken again", || async {
        let answer = flexio.rest.post_at(&flexio.rest.path("/Messages.json"), &form).await;
        (answer.status == 201).then_some(())
    })
    .await;
    running.succeed().await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 1, OVER).await;
    assert_eq!(calls[0]["status"], "completed", "{calls:?}");
    flexio.kill().await;
    flexio.serve().await;
    let proof = flexio.prove().await;
    assert_eq!(
        (&proof["sum"], &proof["unbalanced"], &proof["unposted"]),
        (&"0.000000".into(), &0.into(), &0.into())
    );
}
