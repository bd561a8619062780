//! Running flows without a phone: tests before a publication, the simulator, and real executions again.

use flexio_domain::{ErrorCode, Flow, FlowExecution, Stage};
use flexio_flows::{self as engine, Run, StepLog, Test};

use super::definition_of;
use crate::App;
use crate::error::{AppError, refuse};

/// Tests of one flow that are run, at most.
const TESTS_MAX: usize = 200;

/// What came of one test.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// The test.
    pub name: String,
    /// What was expected and did not come; empty is passed.
    pub differences: Vec<String>,
}

impl App {
    /// Runs the tests recorded in a document.
    pub async fn test_flow(&self, flow: &Flow, document: &engine::Flow) -> Result<Vec<TestResult>, AppError> {
        let (reference, library) = self.library_of(flow.account_sid, flow.sid, document).await?;
        let tests: Vec<Test> = document.tests.iter().take(TESTS_MAX).cloned().collect();
        let secrets = self.open_secrets(flow, Stage::Test)?;
        off_the_loop(move || {
            let results = tests.into_iter().map(|test| {
                let run = engine::simulate(&reference, &library, &secrets, &test);
                TestResult { differences: engine::differences(&test, &run), name: test.name }
            });
            results.collect()
        })
        .await
    }

    /// Runs a document through a test.
    pub async fn simulate_flow(
        &self,
        flow: &Flow,
        document: &engine::Flow,
        test: Test,
    ) -> Result<Run, AppError> {
        let (reference, library) = self.library_of(flow.account_sid, flow.sid, document).await?;
        let secrets = self.open_secrets(flow, Stage::Test)?;
        off_the_loop(move || engine::simulate(&reference, &library, &secrets, &test)).await
    }

    /// The test that repeats an execution, and its path.
    pub async fn recorded_test(&self, execution: &FlowExecution) -> Result<(Test, Vec<StepLog>), AppError> {
        let state = super::drive::state_of(execution)?;
        let steps = self.flow_steps(execution.account_sid, execution.sid).await?;
        Ok((engine::recorded(&format!("execution {}", execution.sid), &state, &steps), steps))
    }

    /// The document of a revision, or the draft.
    pub async fn flow_document_of(
        &self,
        flow: &Flow,
        revision: Option<u32>,
    ) -> Result<engine::Flow, AppError> {
        match revision {
            None | Some(0) => definition_of(&flow.definition),
            Some(number) => {
                definition_of(&self.flow_revision(flow.account_sid, flow.sid, number).await?.definition)
            }
        }
    }
}

/// A run may take long: not on a thread that others wait for.
async fn off_the_loop<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    let failed = |_| refuse(ErrorCode::Internal, "The run was broken off.");
    tokio::task::spawn_blocking(work).await.map_err(failed)
}
