//! A flow to ask about.

use serde_json::json;

use super::world::{Customer, Reply, World};

impl World {
    /// Sends JSON.
    pub(crate) async fn json(
        &self,
        who: &Customer,
        method: &str,
        path: &str,
        body: serde_json::Value,
    ) -> Reply {
        let request =
            http::Request::builder().method(method).uri(path).header("content-type", "application/json");
        self.send(request, Some(who.credentials()), &body.to_string()).await
    }

    /// A published flow, an execution of it that is over, and its first step.
    pub(crate) async fn flow(&self, who: &Customer) -> (String, String, String) {
        let base = format!("/restcomm/2012-04-24/Accounts/{}/Flows", who.sid());
        let definition = json!({ "name": "Fixture", "nodes": [
            { "id": "web", "type": "on_web", "properties": { "enabled": true, "allow_get": true }, "next": { "start": "mark" } },
            { "id": "mark", "type": "tag", "properties": { "name": "seen", "value": "{{ flow.data.x }}" } } ] });
        let flow = self
            .json(who, "POST", &format!("{base}.json"), json!({ "definition": definition }))
            .await
            .ok()
            .text("sid");
        self.json(who, "POST", &format!("{base}/{flow}/Publish.json"), json!({})).await.ok();
        let started = self
            .json(
                who,
                "POST",
                &format!("{base}/{flow}/Executions.json"),
                json!({ "to": "+32470123456", "data": { "x": 1 } }),
            )
            .await;
        let execution = started.ok().text("sid");
        flexio_app::flows::run_due(&self.app).await.unwrap();
        let digits = u128::from_str_radix(&execution[2..], 16).unwrap() >> 32 << 32 | 1;
        (flow, execution, format!("FT{digits:032x}"))
    }
}
