# The commands of this project. `make setup` is the only one that needs a package registry.
DATA ?= data
PORT ?= 8080
BIN := .venv/bin
# Most of a slow test is waiting: three files at a time on two cores. What is measured against a clock and mostly waits has
# one other beside it. Whole exams in several browsers and killed processes have the machine to themselves.
TOGETHER := -n 2 --dist loadfile
WAITING := -n 3 --dist loadfile --no-loadscope-reorder
PAIRED := tests/browser/test_review_player.py tests/browser/test_panel.py tests/browser/test_panel_card.py \
	tests/capture/test_sync.py tests/capture/test_chromium_packets.py tests/capture/test_reception.py \
	tests/capture/test_bitrate.py tests/front/test_wall.py
ALONE := tests/browser tests/chaos tests/capture/test_main.py tests/door/test_process.py
# What the tests use beside the lock: a real browser with a font, and what its driver needs.
# Lines that lose packets and disks that lose power need the next three; rclone serves WebDAV.
# Units are read by systemd's own tool, the front is Debian's nginx, clocks are chrony's, certificates come from a real ACME server.
# The last line draws hardware/: the enclosure, in a screen that is not there, and the wiring.
DEBIAN_PACKAGES := chromium fonts-dejavu-core libatomic1 libnss3-tools iproute2 nftables e2fsprogs rclone \
	systemd nginx-light pebble cryptsetup-bin faketime rauc squashfs-tools \
	openscad xvfb xauth graphviz
# Not where systemd runs: there it would take the place of whoever keeps this machine's clock.
DEBIAN_PACKAGES += $(if $(wildcard /run/systemd/system),,chrony)
# What boots a container, and what the installed box is made of.
BOOT_PACKAGES := systemd-container mmdebstrap nginx curl util-linux

.PHONY: run setup test test-long test-ceph test-boot check static bench bench-peers lock hardware docs screenshots clean debian-packages

run: setup ## the demo box: six simulated candidates on http://127.0.0.1:$(PORT)
	@exec $(BIN)/appliance --data $(DATA) run --demo --port $(PORT)

setup: ## packages, models, front end; quick when nothing changed
	@scripts/setup

test: ## everything but the soaks; 20 minutes at most on two cores
	@$(MAKE) --no-print-directory -j2 debian-packages static
	$(BIN)/python -m pytest -m "not long and not boot" $(WAITING) $(addprefix --ignore ,$(ALONE) $(PAIRED))
	$(BIN)/python -m pytest -m "not long and not boot" $(TOGETHER) --no-loadscope-reorder $(PAIRED)
	$(BIN)/python -m pytest -m "not long and not boot" $(ALONE) $(addprefix --ignore ,$(PAIRED))

test-long: setup debian-packages ## soaks and power cuts
	$(BIN)/python -m pytest -m "long and not ceph and not boot" --timeout 3600

test-ceph: setup ## as root: what speaks S3, on a real Ceph with versions and object lock; installs its Debian packages
	@scripts/debian-packages ceph-mon ceph-osd ceph-common radosgw
	$(BIN)/python -m pytest -m ceph --timeout 900

test-boot: setup debian-packages ## as root: the package on a bare Debian, really booted, up to the first admitted candidate
	@scripts/debian-packages $(BOOT_PACKAGES)
	$(BIN)/python -m pytest -s -m boot --timeout 1800

check: static ## what to run before each commit; 90 s at most
	$(BIN)/python -m pytest -q -m "not slow and not long and not boot" $(TOGETHER)

static: setup
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent --prefix appliance/web/frontend check
	PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent --prefix appliance/web/frontend test -- --passWithNoTests --silent

bench: setup ## ratios, each printed on a line
	$(BIN)/appliance bench

bench-peers: ## as root: what `appliance bench capture` measures against
	@scripts/bench-peers

lock: ## write requirements/*.txt anew
	scripts/lock

hardware: setup ## draw what hardware/ describes: wiring, enclosure, pictures, into build/hardware
	@scripts/debian-packages openscad xvfb xauth graphviz
	@$(BIN)/python scripts/hardware

docs: setup ## write the generated pages of docs/ anew
	$(BIN)/python scripts/write-docs

screenshots: setup debian-packages ## take the pictures of docs/newcomer.md, docs/day.md and docs/review.md anew
	$(BIN)/python scripts/screenshots

clean: ## everything that make made, but not the data folder
	rm -rf .venv build appliance/web/static/dist appliance/sync/bundle_page appliance/web/frontend/node_modules *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

debian-packages:
	@scripts/debian-packages $(DEBIAN_PACKAGES)
