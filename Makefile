# The commands of the project; each installs what it needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test conformance bench install lint fmt clean

# Builds land in one folder, shared between clones when it can be.
export CARGO_TARGET_DIR ?= $(shell ./.ci/target-dir)
DEMO := demo

help: ## Lists the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

install: ## Installs what the product and its tests need (Debian packages)
	@./.ci/install

demo: install ## Runs the main job on the bundled sites; leaves bundle, PV and verdict in demo/
	cargo build --bins -p constat -p fixtures
	@./.ci/demo $(DEMO)

test: install ## Runs every test
	cargo test --workspace --no-fail-fast

conformance: demo ## Runs the independent judges on the demo's output
	@fixtures/conformance/install.sh
	@CONSTAT_CONFORMANCE_STRICT=1 fixtures/conformance/run.sh $(DEMO)/*.asice $(DEMO)/*.pdf $(DEMO)/ancres $(DEMO)/conformance
	@fixtures/conformance/rapport.sh $(DEMO)/*.asice $(DEMO)/rapport/verdict.pdf $(DEMO)/ancres $(DEMO)/conformance/rapport
	@fixtures/conformance/rapport.sh $(DEMO)/niveaux/B-LTA-2.asice $(DEMO)/rapport/B-LTA-2.pdf $(DEMO)/ancres $(DEMO)/conformance/rapport-2
	@fixtures/conformance/recepisses.sh $(DEMO)/signification/recepisses $(DEMO)/signification/racine.pem $(DEMO)/conformance/recepisses
	@fixtures/conformance/niveaux.sh $(DEMO)/niveaux $(DEMO)/ancres $(DEMO)/etude/publie $(DEMO)/conformance/niveaux
	@fixtures/conformance/pades.sh $(DEMO)/ancres $(DEMO)/etude/publie $(DEMO)/conformance/pades $(DEMO)/*.pdf $(DEMO)/signes/*.pdf
	@rm -rf $(DEMO)/conformance/jeu && mkdir -p $(DEMO)/conformance/jeu
	CONSTAT_VECTORS=$(abspath $(DEMO))/conformance/jeu cargo test --quiet --workspace --lib attacks:: -- --skip attacks::page
	@fixtures/conformance/vecteurs.sh $(DEMO)/conformance/jeu $(DEMO)/conformance/vecteurs

bench: install ## Measures against the peers and writes benches/runs/
	cargo build --release --bins -p constat -p fixtures
	@benches/run.sh

lint: ## Format, clippy and documentation, warnings refused
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

clean: ## Removes the demo's output
	rm -rf $(DEMO)
