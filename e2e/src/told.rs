//! What a foreign program says on its standard output: one JSON value a line.

use serde_json::Value;
use tokio::io::{BufReader, Lines};
use tokio::process::ChildStdout;
use tokio::sync::watch;

use crate::PATIENCE;

/// Everything a program has said so far. A line that is no JSON is kept as text.
#[derive(Debug)]
pub struct Told {
    /// Who says it, where a wait is in vain.
    who: &'static str,
    events: watch::Receiver<Vec<Value>>,
}

impl Told {
    /// Reads until the program ends.
    pub fn by(who: &'static str, mut lines: Lines<BufReader<ChildStdout>>) -> Self {
        let (sender, events) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let event: Value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                sender.send_modify(|all| all.push(event));
            }
        });
        Self { who, events }
    }

    /// What it said so far.
    pub fn so_far(&self) -> Vec<Value> {
        self.events.borrow().clone()
    }

    /// Waits until the events so far give an answer.
    pub async fn wait<T>(&self, what: &str, look: impl Fn(&[Value]) -> Option<T>) -> T {
        let mut events = self.events.clone();
        let seen = tokio::time::timeout(PATIENCE, events.wait_for(|all| look(all).is_some())).await;
        match seen {
            Ok(Ok(all)) => look(&all).expect("it was there"),
            _ => panic!("{}, {what}: {:#?}", self.who, self.events.borrow()),
        }
    }

    /// Waits until the program has said its last.
    pub async fn over(&self) {
        let mut events = self.events.clone();
        let ended = async { while events.changed().await.is_ok() {} };
        assert!(tokio::time::timeout(PATIENCE, ended).await.is_ok(), "{} does not end", self.who);
    }

    /// Waits for the first event of this kind.
    pub async fn event(&self, kind: &str) -> Value {
        self.wait(kind, |all| all.iter().find(|event| event["event"] == kind).cloned()).await
    }
}
