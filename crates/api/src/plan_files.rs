//! Plan files of the operator: what one would change, and its publication.

use flexio_domain::{ErrorCode, Money};
use flexio_rating::{Changed, Item, Plan};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid, refuse};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params};
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "plans.publish",
    kind: Kind::Update,
    faces: NATIVE,
    path: "Accounts/{AccountSid}/Plans",
    about: "Reads a plan file and says which prices it changes; with `Publish` it becomes a published version, for ever. A file with a mistake is refused with its line. Only for the top account.",
    access: Access::Top,
    params: params![
        "File": "Required: the text of the plan file.",
        "Against": "The published version it is compared with; by default the newest of the same plan, else the installation's.",
        "Publish": "`true` publishes it; otherwise nothing is kept.",
    ],
    shows: Shows::One(|w, _| view(w, &Looked::sample())),
    run: |ask| Box::pin(publish(ask)),
}];

/// What a file is, and what it changes.
struct Looked {
    plan: String,
    name: String,
    sha256: String,
    against: String,
    is_published: bool,
    changes: Vec<Change>,
}

/// A price that differs; absent where there is no such item.
struct Change {
    item: String,
    old: Option<Money>,
    new: Option<Money>,
}

impl Looked {
    fn sample() -> Self {
        let change = Change {
            item: "voice.out.mobile".to_owned(),
            old: Some(Money::from_micros(370_000)),
            new: Some(Money::from_micros(400_000)),
        };
        Self {
            plan: "flexio-be/2".to_owned(),
            name: "FlexIO".to_owned(),
            sha256: "9f86d081".repeat(8),
            against: "flexio-be/1".to_owned(),
            is_published: false,
            changes: vec![change],
        }
    }
}

async fn publish(ask: &Ask<'_>) -> Result<Answer> {
    let app = ask.app();
    if ask.account.parent_sid.is_some() {
        return Err(ErrorCode::Forbidden.into());
    }
    let text = ask.params.required("File", ErrorCode::InvalidParameter)?;
    let plan =
        Plan::parse("File", text).map_err(|error| refuse(ErrorCode::Unprocessable, error.to_string()))?;
    app.rater()
        .with_plan(plan.clone())
        .map_err(|error| refuse(ErrorCode::Unprocessable, error.to_string()))?;
    let versions = app.plan_versions();
    let against = match ask.params.text("Against") {
        Some(label) => {
            let found = versions.iter().find(|it| it.plan().label() == label);
            found.ok_or_else(|| invalid("Against", "is not a published version"))?.plan().clone()
        }
        None => {
            let same = |it: &&std::sync::Arc<flexio_rating::Rater>| {
                it.plan().id() == plan.id() && it.plan().version() < plan.version()
            };
            let newest = versions.iter().filter(same).max_by_key(|it| it.plan().version());
            newest.map_or_else(|| app.rater().plan().clone(), |it| it.plan().clone())
        }
    };
    let is_published = ask.params.boolean("Publish")? == Some(true);
    if is_published {
        app.publish_plan(&plan).await?;
    }
    let looked = Looked {
        plan: plan.label().to_owned(),
        name: plan.name().to_owned(),
        sha256: plan.content_hash().to_string(),
        against: against.label().to_owned(),
        is_published,
        changes: changes(&against, &plan),
    };
    Ok(ask.one("Plan", |w| view(w, &looked)))
}

fn changes(old: &Plan, new: &Plan) -> Vec<Change> {
    let differences = old.differences(new).into_iter();
    let price = |item: Option<&Item>| item.map(|item| item.rate.price());
    differences
        .flat_map(|it| match (old.item(it.item), new.item(it.item)) {
            (Some(before), Some(after)) => {
                let changed = before.changes_to(after).into_iter();
                changed
                    .map(|Changed { code, old, new }| Change { item: code, old: Some(old), new: Some(new) })
                    .collect()
            }
            (before, after) => {
                vec![Change { item: it.item.to_owned(), old: price(before), new: price(after) }]
            }
        })
        .collect()
}

fn view(w: &mut Writer, looked: &Looked) {
    w.put("plan", looked.plan.as_str());
    w.put("name", looked.name.as_str());
    w.put("sha256", looked.sha256.as_str());
    w.put("against", looked.against.as_str());
    w.put("published", looked.is_published);
    w.list("changes", "Change", &looked.changes, |w, change| {
        w.put("item", change.item.as_str());
        w.put("old_price", change.old.map(|price| price.to_decimals(6)));
        w.put("new_price", change.new.map(|price| price.to_decimals(6)));
    });
}

#[cfg(test)]
mod tests {
    use crate::subscription::tests::version;
    use crate::tests::world::World;

    #[tokio::test]
    async fn a_plan_file_is_looked_at_before_it_is_published_for_ever() {
        let world = World::new().await;
        let path = format!("/restcomm/2012-04-24/Accounts/{}/Plans.json", world.root.sid());
        let text = version(2, "2026-12-01T00:00:00+01:00", &[("\"0.37\"", "\"0.40\"")]).text().to_owned();
        let looked = world.post(&world.root, &path, &[("File", &text)]).await.ok().json();
        assert_eq!((&looked["plan"], &looked["published"]), (&"flexio-be/2".into(), &false.into()));
        let change = &looked["changes"][0];
        assert_eq!(
            (&change["item"], &change["old_price"], &change["new_price"]),
            (&"voice.out.mobile".into(), &"0.370000".into(), &"0.400000".into()),
            "{looked:#}"
        );
        let listed =
            async || world.get(&world.root, &path).await.ok().json()["plans"].as_array().unwrap().len();
        let before = listed().await;
        let publish = [("File", text.as_str()), ("Publish", "true")];
        assert_eq!(world.post(&world.root, &path, &publish).await.ok().json()["published"], true);
        assert_eq!(listed().await, before + 1);
        world.post(&world.root, &path, &publish).await.ok();
        assert_eq!(listed().await, before + 1, "the same file again changes nothing");
        let other = text.replace("0.40", "0.41");
        assert_eq!(
            world.post(&world.root, &path, &[("File", &other), ("Publish", "true")]).await.status,
            409
        );
        let wrong = world.post(&world.root, &path, &[("File", &format!("{text}\nunheard_of = 1\n"))]).await;
        assert!(wrong.status == 422 && wrong.body.contains("File:"), "{}", wrong.body);
        let against = [("File", text.as_str()), ("Against", "flexio-be/9")];
        assert_eq!(world.post(&world.root, &path, &against).await.status, 400);
        let own = format!("/restcomm/2012-04-24/Accounts/{}/Plans.json", world.child.sid());
        assert_eq!(world.post(&world.child, &own, &publish).await.refused().0, 403);
    }
}
