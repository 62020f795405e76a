# What a developer types. `make` alone lists it; the work is in scripts/.
TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help run test check bench clients fuzz advisories

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: ## build and start the service: SQLite, no configuration (ARGS="…" adds flags)
	@scripts/need gcc libc6-dev
	@echo "Building vcsso for release; the first time takes some minutes"
	cargo build --release
	@exec $(TARGET)/release/vcsso serve $(ARGS)

test: ## every test, on SQLite and Postgres and against the real clients
	@scripts/test

clients: ## the real clients alone, on SQLite
	@scripts/need gcc libc6-dev curl openssl xmlsec1 opensaml-tools
	@scripts/clients-tools
	cargo build
	@tests/clients/run

check: ## format, lints, the pure build, licences and bans, documentation
	@scripts/need gcc libc6-dev
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy --benches --features unwritten-appends -- -D warnings
	cargo check --lib --no-default-features
	@scripts/cargo-deny
	cargo deny check bans licenses sources
	RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps

fuzz: ## every fuzz target for a minute (FUZZ_SECONDS=600 for ten); needs a nightly toolchain
	@scripts/fuzz $(FUZZ_SECONDS)

bench: ## measure: in process, then under load on both databases, beside govmomi's simulator
	@scripts/bench

advisories: ## known vulnerabilities among the dependencies (fetches the advisory database)
	@scripts/cargo-deny
	cargo deny check advisories
