//! Running flows without a phone: tests before a publication, the simulator, and real executions again.

use flexio_domain::{ErrorCode, Flow, FlowExecution, Stage};
use flexio_flows::{self as engine, Environment, Place, Run, StepLog, Test};

use super::{definition_of, stages};
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
        let tests: Vec<(Test, Place)> = tests
            .into_iter()
            .map(|test| self.place_of(flow, &test).map(|place| (test, place)))
            .collect::<Result<_, _>>()?;
        off_the_loop(move || {
            let results = tests.into_iter().map(|(test, place)| {
                let run = engine::simulate(&reference, &library, &place, &test);
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
        stops: engine::Stops,
    ) -> Result<Run, AppError> {
        let (reference, library) = self.library_of(flow.account_sid, flow.sid, document).await?;
        let place = self.place_of(flow, &test)?;
        off_the_loop(move || engine::simulate_until(&reference, &library, &place, &test, &stops)).await
    }

    /// What is set in the environment that a test is of.
    fn place_of(&self, flow: &Flow, test: &Test) -> Result<Place, AppError> {
        let (stage, variables) = match test.environment {
            // The draft has test's secrets, and its own values.
            None => (Stage::Test, std::collections::BTreeMap::new()),
            Some(environment) => {
                let stage = match environment {
                    Environment::Test => Stage::Test,
                    Environment::Production => Stage::Production,
                };
                (stage, stages::environment(flow, stage).variables.clone())
            }
        };
        Ok(Place { variables, secrets: self.open_secrets(flow, stage)? })
    }

    /// The test that repeats an execution, and its path.
    pub async fn recorded_test(&self, execution: &FlowExecution) -> Result<(Test, Vec<StepLog>), AppError> {
        let state = super::drive::state_of(execution)?;
        let steps = self.flow_steps(execution.account_sid, execution.sid).await?;
        let environment = match execution.stage {
            Stage::Test => Environment::Test,
            Stage::Production => Environment::Production,
        };
        let test = engine::recorded(&format!("execution {}", execution.sid), &state, &steps);
        Ok((Test { environment: Some(environment), ..test }, steps))
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
