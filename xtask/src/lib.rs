//! The rules of the house, as tests: dependencies point down, pure floors stay pure, functions and files stay short, every error has a
//! page, and nothing of a workplace stays in the tree. They read the tree and own nothing; start at the test whose name failed.

#[cfg(test)]
mod floors;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod shape;
#[cfg(test)]
mod tree;
#[cfg(test)]
mod verbs;
