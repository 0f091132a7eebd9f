# opencode-router: everything a person runs. `make help` lists it.
SHELL := /bin/sh
.DEFAULT_GOAL := help
# Whether the image of a session has GitHub's command line: true or false.
WITH_GH ?= true
# Of a deployment: the stack, where it is not the one that `pulumi stack select` chose.
OF_STACK = $(if $(STACK),--stack '$(STACK)')
SOURCES := $(shell find src package.json package-lock.json -type f 2>/dev/null)

.PHONY: help
help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: start
start: programs dist/.built ## install what is missing, build, and serve on http://localhost:3000
	@exec node dist/router/main.js

.PHONY: test
test: programs test-programs dist/.built ## all the tests that need no cluster
	@npx vitest run --project '!cluster' $(VITEST_FLAGS)

.PHONY: test-cluster
test-cluster: programs test-programs dist/.built ## the tests against a real Kubernetes control plane, see tools
	@tools/ensure-packages.sh tini=tini unshare=util-linux openssl=openssl
	@npx vitest run --project cluster $(VITEST_FLAGS)

.PHONY: tools
tools: ## the real programs that the cluster and edge tests need: etcd, kube-apiserver, …
	@tools/build-tools.sh

.PHONY: check
check: node_modules/.installed ## format, lint, types, architecture and unit tests
	@npm run --silent check

.PHONY: bench
bench: programs dist/.built ## what it costs, as ratios against bare opencode
	@npx tsx bench/start.ts

.PHONY: bench-wake
bench-wake: programs dist/.built ## how long a stopped session takes to answer, as ratios against bare opencode
	@npx tsx bench/wake.ts

.PHONY: bench-proxy
bench-proxy: programs bench-programs dist/.built ## requests through the router, as ratios against none and other proxies
	@npx tsx bench/proxy.ts

.PHONY: bench-people
bench-people: programs dist/.built ## how fast the lists of many people are, and their changes at event streams
	@npx tsx bench/people.ts

.PHONY: bench-cluster
bench-cluster: programs dist/.built ## thousands of sessions in a cluster: what the router asks of it, and how fast it tells of changes
	@npx tsx bench/cluster.ts

.PHONY: build
build: build-opencode build-router ## all images, named $REGISTRY/<image>:$IMAGE_TAG

.PHONY: build-opencode
build-opencode: image-programs dist/.built ## the image of a session
	@tools/build-image.sh opencode OPENCODE_VERSION=$$(node -p 'require("./package.json").dependencies["opencode-ai"]') WITH_GH=$(WITH_GH)

.PHONY: push-opencode
push-opencode: ## push the image of a session to $REGISTRY
	@tools/push-image.sh opencode

.PHONY: smoke-opencode
smoke-opencode: build-opencode ## build the image of a session and prove it by running it as a restricted container
	@tools/ensure-packages.sh chromium=chromium
	@. tools/image-env.sh; WITH_GH=$(WITH_GH) SMOKE_ENGINE=$$CONTAINER SMOKE_IMAGE=localhost/opencode-router/opencode:dev npx vitest run --project smoke test/smoke/opencode

.PHONY: build-router
build-router: image-programs dist/.built ## the image of the router
	@tools/build-image.sh router

.PHONY: push-router
push-router: ## push the image of the router to $REGISTRY
	@tools/push-image.sh router

.PHONY: smoke-router
smoke-router: build-router ## build the image of the router and prove it by running it as a restricted container
	@. tools/image-env.sh; SMOKE_ENGINE=$$CONTAINER SMOKE_IMAGE=localhost/opencode-router/router:dev npx vitest run --project smoke test/smoke/router

.PHONY: init
init: pulumi-program node_modules/.installed ## make or choose the stack STACK, and ask for what its configuration lacks
	@npx tsx src/deploy/stack/main.ts init

.PHONY: preview
preview: pulumi-program node_modules/.installed ## what `make up` would change, and all that is wrong with the configuration
	@pulumi preview $(OF_STACK) $(PULUMI_FLAGS)

.PHONY: up
up: pulumi-program node_modules/.installed ## deploy the stack, or bring it up to date
	@pulumi up $(OF_STACK) $(PULUMI_FLAGS)

.PHONY: outputs
outputs: pulumi-program ## what the stack tells: address, callback, DNS records, …
	@pulumi stack output $(OF_STACK) $(PULUMI_FLAGS)

.PHONY: destroy
destroy: pulumi-program node_modules/.installed ## remove the platform; sessions and their volumes stay
	@npx tsx src/deploy/stack/main.ts destroy

.PHONY: doctor
doctor: node_modules/.installed ## look at a deployed stack: cluster, DNS, edge, streams
	@npx tsx src/deploy/doctor/main.ts

.PHONY: models
models: node_modules/.installed ## fetch OpenRouter's list of models into the snapshot that deployments fall back on
	@npx tsx src/deploy/models/main.ts

.PHONY: format
format: node_modules/.installed ## format all files
	@npx oxfmt .

.PHONY: clean
clean: ## remove what was built and installed, not the data
	rm -rf dist node_modules

.PHONY: clean-images
clean-images: ## remove the images and containers that were made without an engine
	@BUILDER=buildah; . tools/image-env.sh; \
	! command -v podman >/dev/null || { podman rm -fa && buildah rm -a && podman rmi -fa; } >/dev/null && rm -rf "$$IMAGE_STATE"

.PHONY: programs
programs:
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); if (a < 20 || (a === 20 && b < 19)) { console.error(`Node $${process.versions.node} is too old: install Node 20.19 or newer.`); process.exit(1); }'
	@tools/ensure-packages.sh git=git jq=jq

# Everything that deploys begins with it. Its program is written in TypeScript, so Node runs it.
.PHONY: pulumi-program
pulumi-program:
	@command -v pulumi >/dev/null || { echo 'The command line of Pulumi is missing. Install it (https://www.pulumi.com/docs/iac/download-install/), sign in with `pulumi login`, or `pulumi login --local` to keep the state on this machine, then run the command again.' >&2; exit 1; }

.PHONY: test-programs
test-programs:
	@tools/ensure-packages.sh tmux=tmux ip=iproute2 chromium=chromium python3=python3 bash=bash dash=dash runuser=util-linux
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || tools/ensure-packages.sh /usr/lib/postgresql/none/initdb=postgresql

.PHONY: bench-programs
bench-programs:
	@tools/ensure-packages.sh wrk=wrk /usr/sbin/nginx=nginx-light

# To build, run and push images where there is no engine.
.PHONY: image-programs
image-programs:
	@. tools/image-env.sh; [ $$BUILDER = docker ] || tools/ensure-packages.sh buildah=buildah podman=podman runc=runc mmdebstrap=mmdebstrap

# `npm ci` wants every platform's optional package in the lock file; `npm install` keeps to the lock file, too, and adds
# what only this platform needs.
node_modules/.installed: package.json package-lock.json
	@echo 'Installing npm packages …'
	@npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

dist/.built: node_modules/.installed $(SOURCES)
	@echo 'Building …'
	@npm run --silent build
	@touch $@
