//! Applications.

mod params;
mod views;

pub(crate) use views::dialect as dialect_name;

use flexio_domain::Application;
use flexio_store::ApplicationFilter;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{Access, BOTH, Kind, Operation, Shows, params};
use crate::paging::{Listed, Paged};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "applications.list",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Applications",
        about: "Applications.",
        access: Access::Own,
        params: params![
            "FriendlyName": "Equal (Twilio's API).",
            "includeNumbers": "`true` adds the numbers bound to each (classic API).",
        ],
        shows: Shows::Many(views::sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "applications.create",
        kind: Kind::Create,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Applications",
        about: "Makes an application.",
        access: Access::Own,
        params: params::PARAMS,
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(create(ask)),
    },
    Operation {
        id: "applications.fetch",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Applications/{ApplicationSid}",
        about: "One application.",
        access: Access::Own,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "applications.update",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Applications/{ApplicationSid}",
        about: "Changes an application; an empty URL clears it.",
        access: Access::Own,
        params: params::PARAMS,
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(update(ask)),
    },
    Operation {
        id: "applications.delete",
        kind: Kind::Delete,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Applications/{ApplicationSid}",
        about: "Deletes an application; numbers bound to it are left without.",
        access: Access::Own,
        params: &[],
        shows: Shows::Nothing,
        run: |ask| Box::pin(delete(ask)),
    },
];

impl Listed for Application {
    const MEMBERS: (&'static str, &'static str) = ("applications", "applications");
    const ELEMENTS: (&'static str, &'static str) = ("Applications", "Application");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::whole::<Application>(ask)?;
    let filter = ApplicationFilter { friendly_name: ask.params.owned("FriendlyName") };
    let applications = ask.app().applications(ask.account.sid, &filter, &paged.query()).await?;
    let with_numbers = ask.params.boolean("includeNumbers")? == Some(true);
    let mut numbers = Vec::new();
    if with_numbers && ask.face == crate::Face::Native {
        for application in &applications {
            numbers.extend(ask.app().numbers_of_application(ask.account.sid, application.sid).await?);
        }
    }
    ask.bare(&paged, applications, |w, application| {
        views::application(w, &ask.shown(), application);
        if with_numbers {
            views::numbers(w, application, &numbers);
        }
    })
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let patch = params::create(ask)?;
    let answer = |made: &Application| ask.made("Application", |w| views::application(w, &ask.shown(), made));
    let keep = |made: &Application| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_application(&ask.account, patch, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let application = ask.app().application(ask.account.sid, ask.sid("ApplicationSid")?).await?;
    Ok(ask.one("Application", |w| views::application(w, &ask.shown(), &application)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let patch = params::patch(ask)?;
    let sid = ask.sid("ApplicationSid")?;
    let application = ask.app().update_application(&ask.account, sid, patch).await?;
    Ok(ask.one("Application", |w| views::application(w, &ask.shown(), &application)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_application(&ask.account, ask.sid("ApplicationSid")?).await?;
    Ok(Answer::empty())
}
