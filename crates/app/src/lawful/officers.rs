//! Who is a lawful officer: a person of the top account, named where the installation runs.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, PeopleChange};

use super::Officer;
use crate::App;
use crate::error::{AppError, refuse};
use crate::people::PEOPLE_MAX;

impl App {
    /// Gives the role to somebody new, or a new link to somebody who has it: the token of the link. Whoever signs in to another role keeps
    /// to that; an officer has an address of his own.
    pub async fn appoint_officer(&self, email: &str) -> Result<(Person, String), AppError> {
        let root = self.store.root_account().await?.ok_or(ErrorCode::NotFound)?;
        let (token, link) = self.new_link();
        let known = self.store.person_by_email(email.trim()).await?;
        let person = match known {
            Some(person) if person.role == Role::LawfulOfficer => {
                let person = Person { link: Some(link), updated_at: self.clock.now(), ..person };
                self.commit_officer(PeopleChange::Update(person.clone()), &person, "lawful.link").await?;
                person
            }
            _ => {
                let email = self.free_address(email).await?;
                if self.store.count_people(root.sid).await? >= PEOPLE_MAX {
                    return Err(ErrorCode::TooManyResources.into());
                }
                let person = self.new_person(root.sid, Some(email), Role::LawfulOfficer, link);
                self.commit_officer(PeopleChange::Create(person.clone()), &person, "lawful.appoint").await?;
                person
            }
        };
        Ok((person, token))
    }

    /// Takes the role, and all sessions, from somebody.
    pub async fn dismiss_officer(&self, email: &str) -> Result<(), AppError> {
        let Officer { person } = self.officer_named(email).await?;
        let change = PeopleChange::Delete(person.account_sid, person.sid);
        self.commit_officer(change, &person, "lawful.dismiss").await
    }

    /// The officer with this address; what he does on the command line is noted as his.
    pub async fn officer_named(&self, email: &str) -> Result<Officer, AppError> {
        let found = self.store.person_by_email(email.trim()).await?;
        found
            .filter(|person| person.role == Role::LawfulOfficer)
            .map(|person| Officer { person })
            .ok_or_else(|| ErrorCode::LawfulOfficerWanted.into())
    }

    /// Everybody who has the role.
    pub async fn officers(&self) -> Result<Vec<Person>, AppError> {
        let Some(root) = self.store.root_account().await? else { return Ok(Vec::new()) };
        let people = self.people(root.sid).await?;
        Ok(people.into_iter().filter(|person| person.role == Role::LawfulOfficer).collect())
    }

    async fn commit_officer(
        &self,
        change: PeopleChange,
        person: &Person,
        action: &str,
    ) -> Result<(), AppError> {
        let mut changes = ChangeSet::from(Change::from(change));
        changes.push(self.audit_change(person, action, &person.sid.to_string()));
        Ok(self.store.commit(changes).await?)
    }
}

/// Refuses what an administrator of the console would do to a lawful officer, or to become one.
pub(crate) fn must_not_be_officer(role: Role) -> Result<(), AppError> {
    match role {
        Role::LawfulOfficer => Err(refuse(
            ErrorCode::LawfulOfficerWanted,
            "The role of a lawful officer is given and taken on the command line.",
        )),
        Role::Administrator | Role::Developer | Role::ProvisioningAgent | Role::ReadOnly => Ok(()),
    }
}
