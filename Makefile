# seatrial: a table of contents. `make help` prints it.
#
# Every .c below sim/ and models/ goes into one library; tools/ adds the program;
# each tests/**/test_*.c is one Criterion program; tests/programs/*.c, tests/bench/*.c and
# tests/fuzz/*.c are programs of their own. A new file needs no line here.

BUILD   ?= build
ifeq ($(origin CC),default)
CC       = gcc
endif
PREFIX  ?= /usr/local
# One short line for each step; V=1 shows whole commands.
quiet    = $(if $(V),,@printf '  %-4s %s\n' $(1) $@;)
OPT     ?= -O2 -g
WARN     = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
# -ffp-contract=off: the same doubles on every machine, with or without fused multiply-add.
CFLAGS  += -std=c11 -D_GNU_SOURCE $(OPT) $(WARN) -ffp-contract=off -fno-omit-frame-pointer \
           -I. -I$(BUILD)/generated -MMD -MP $(SANITIZE)
LDFLAGS += $(SANITIZE)
LDLIBS   = -lgsl -lgslcblas -lyaml -lz -lcurl -lsqlite3 -lmsgpackc -lm
# Recorded answers of tests are gzipped JSON, which they read by another reader than ours.
TEST_LDLIBS = -lcriterion -lcjson

LIB_SRC  := $(sort $(wildcard sim/*/*.c models/*/*.c models/*/*/*.c))
TOOL_SRC := $(sort $(filter-out tools/schemagen/% tools/experiment/mpi_link.c,$(wildcard tools/*.c tools/*/*.c)))
SUP_SRC  := $(sort $(wildcard tests/support/*.c))
TEST_SRC := $(sort $(wildcard tests/*/test_*.c tests/*/*/test_*.c))
PROG_SRC := $(sort $(wildcard tests/programs/*.c))
BENCH_SRC := $(sort $(wildcard tests/bench/*.c))
FUZZ_SRC := $(sort $(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c)))

LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/generated/models/api/schema_table.o
TOOL_OBJ := $(TOOL_SRC:%.c=$(BUILD)/%.o) $(BUILD)/generated/tools/report/page_parts.o
SUP_OBJ  := $(SUP_SRC:%.c=$(BUILD)/%.o)
TESTS    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(TEST_SRC))
PROGRAMS := $(patsubst tests/programs/%.c,$(BUILD)/tests/%,$(PROG_SRC))
FUZZERS  := $(patsubst tests/fuzz/%.c,%,$(FUZZ_SRC))
REPLAYS  := $(FUZZERS:%=$(BUILD)/tests/fuzz/%)
BENCHES  := $(patsubst tests/%.c,$(BUILD)/%,$(BENCH_SRC))
POLICIES := $(patsubst tests/policies/%.c,$(BUILD)/tests/policies/%.so,$(wildcard tests/policies/*.c)) \
            $(BUILD)/examples/best_fit.so
LIB      := $(BUILD)/libseatrial.a
PROGRAM  := $(if $(TOOL_SRC),$(BUILD)/seatrial)

# Targets that build and then do something build with every processor, unless make was told how many.
build    = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

# What Debian packages the build and the tests need; extras have targets of their own.
DEPS     = gcc libc6-dev make libgsl-dev libyaml-dev libcurl4-openssl-dev libcjson-dev \
           libcriterion-dev libjs-chart.js libmsgpack-dev zlib1g-dev libsqlite3-dev python3 tzdata
as_root  = $(if $(filter 0,$(shell id -u)),,sudo)
install_missing = @missing=$$(for p in $(1); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
    [ -z "$$missing" ] || { echo "installing $$missing"; \
    $(as_root) apt-get update -qq && \
    DEBIAN_FRONTEND=noninteractive $(as_root) apt-get install -y -qq --no-install-recommends $$missing; }

all: $(LIB) $(PROGRAM) ## build everything; warnings are errors

$(LIB): $(LIB_OBJ)
	$(call quiet,AR)rm -f $@ && ar rcs $@ $^

# The tools without main.c, so that tests can call them.
$(BUILD)/libtools.a: $(filter-out $(BUILD)/tools/main.o,$(TOOL_OBJ))
	$(call quiet,AR)rm -f $@ && ar rcs $@ $^

$(BUILD)/seatrial: $(BUILD)/tools/main.o $(BUILD)/libtools.a $(LIB)
	$(call quiet,LINK)$(CC) $^ $(LDFLAGS) $(LDLIBS) -o $@

# The program with mistakes in it, for the test of the explorer: models/api/planted.h.
PLANTED_SRC := $(shell grep -l '^.include .models/api/planted.h' $(LIB_SRC))
PLANTED_OBJ := $(PLANTED_SRC:%.c=$(BUILD)/planted/%.o)
$(BUILD)/planted/%.o: %.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CFLAGS) -DSEATRIAL_PLANTED -c $< -o $@

$(BUILD)/seatrial-planted: $(BUILD)/tools/main.o $(BUILD)/tests/planted/choice.o $(PLANTED_OBJ) \
                           $(BUILD)/libtools.a $(LIB)
	$(call quiet,LINK)$(CC) $^ $(LDFLAGS) $(LDLIBS) -o $@

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CFLAGS) -c $< -o $@

# What speaks MPI: opened by the program when mpirun started it, so that nobody else needs an MPI library.
mpi: deps-mpi all $(BUILD)/seatrial-mpi.so ## for `mpirun seatrial experiment`: build/seatrial-mpi.so

$(BUILD)/seatrial-mpi.so: tools/experiment/mpi_link.c tools/experiment/mpi_link.h
	@mkdir -p $(@D)
	$(call quiet,CC)mpicc -std=c11 -D_GNU_SOURCE -O2 -g $(WARN) -I. -shared -fPIC $< -o $@

deps-mpi: ## install Open MPI, for `make mpi`
	$(call install_missing,libopenmpi-dev openmpi-bin)

# The schema table is data: a small program turns types.json, and those of Chaos Mesh and KWOK, into C.
SCHEMA_TYPES := models/api/types.json models/api/chaos_types.json models/api/kwok_types.json

$(BUILD)/schemagen: tools/schemagen/schemagen.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) -std=c11 -D_GNU_SOURCE -O1 $(WARN) $< -lcjson -o $@

$(BUILD)/generated/models/api/schema_table.c: $(SCHEMA_TYPES) $(BUILD)/schemagen
	@mkdir -p $(@D)
	$(BUILD)/schemagen $(SCHEMA_TYPES) > $@.tmp && mv $@.tmp $@

# What stands in every page of a report, the library of its charts among it (libjs-chart.js).
PAGE          = tools/report/page
PAGE_SCRIPTS  = $(addprefix $(PAGE)/,words.js paint.js kinds.js figures.js page.js)
CHART_LIBRARY ?= /usr/share/javascript/chart.js/chart.min.js
$(BUILD)/generated/tools/report/page_parts.c: $(PAGE)/embed.sh $(PAGE)/style.css $(PAGE)/chart_licence.txt \
        $(CHART_LIBRARY) $(PAGE_SCRIPTS)
	@mkdir -p $(@D)
	@$< page_style $(PAGE)/style.css page_chart_licence $(PAGE)/chart_licence.txt \
	    page_chart_library $(CHART_LIBRARY) page_scripts "$(PAGE_SCRIPTS)" > $@.tmp && mv $@.tmp $@
$(CHART_LIBRARY):
	@echo "$@ is missing: install libjs-chart.js (make deps does)"; exit 1

$(BUILD)/generated/%.o: $(BUILD)/generated/%.c
	$(call quiet,CC)$(CC) $(CFLAGS) -c $< -o $@

TEST_LINK = $(SUP_OBJ) $(if $(TOOL_SRC),$(BUILD)/libtools.a) $(LIB)

$(TESTS): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(TEST_LINK)
	$(call quiet,LINK)$(CC) $< $(TEST_LINK) $(LDFLAGS) $(TEST_LDLIBS) $(LDLIBS) -o $@

$(PROGRAMS): $(BUILD)/tests/%: $(BUILD)/tests/programs/%.o $(TEST_LINK)
	$(call quiet,LINK)$(CC) $< $(TEST_LINK) $(LDFLAGS) $(TEST_LDLIBS) $(LDLIBS) -o $@

$(BENCHES): $(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(TEST_LINK)
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $< $(TEST_LINK) $(LDFLAGS) $(TEST_LDLIBS) $(LDLIBS) -o $@

# These run the program.
$(BUILD)/bench/whole_runs: | $(BUILD)/seatrial
$(BUILD)/bench/controllers: | $(BUILD)/seatrial
$(BUILD)/bench/workers $(BUILD)/bench/experiments: | $(BUILD)/seatrial
$(BUILD)/bench/explaining: | $(BUILD)/seatrial $(BUILD)/tests/openb_snapshot

# Some benches have a yardstick in C++.
MEASURED_IN_HOLDS = $(BUILD)/bench/engine $(BUILD)/bench/fgd $(BUILD)/bench/scheduling \
                    $(BUILD)/bench/whole_runs $(BUILD)/bench/explaining $(BUILD)/bench/controllers \
                    $(BUILD)/bench/workers $(BUILD)/bench/experiments
$(MEASURED_IN_HOLDS): $(BUILD)/tests/bench/priority_queue.o
$(MEASURED_IN_HOLDS): TEST_LDLIBS += $(BUILD)/tests/bench/priority_queue.o -lstdc++

$(BUILD)/%.o: %.cpp
	@mkdir -p $(@D)
	$(call quiet,CXX)g++ -std=c++17 $(OPT) -Wall -Wextra -Werror -I. -MMD -MP -c $< -o $@

# A fuzz target is a program that replays its corpus; `make fuzz` links it with libFuzzer.
$(REPLAYS): $(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay.o $(BUILD)/libtools.a $(LIB)
	$(call quiet,LINK)$(CC) $^ $(LDFLAGS) $(LDLIBS) -o $@

FUZZ_CC      ?= $(firstword $(shell for c in clang clang-19 clang-16 clang-14; do command -v $$c; done))
FUZZ_SECONDS ?= 60
SANITIZED    = address,undefined -fno-sanitize-recover=undefined
fuzz: deps-fuzz ## each fuzz target for FUZZ_SECONDS (60); crashes stay in build-fuzz
	@$(build) BUILD=build-fuzz CC=$(FUZZ_CC) OPT="-O1 -g" \
	    SANITIZE="-fsanitize=fuzzer-no-link,$(SANITIZED)" fuzzers
	@for f in $(FUZZERS); do mkdir -p build-fuzz/corpus/$$f && \
	    build-fuzz/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=10 -verbosity=0 \
	    -print_final_stats=1 -dict=tests/fuzz/words.dict -artifact_prefix=build-fuzz/crash-$$f- \
	    build-fuzz/corpus/$$f tests/fuzz/corpus/$$f || exit 1; done

fuzzers: $(FUZZERS:%=$(BUILD)/fuzz/%)

$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/libtools.a $(LIB)
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $^ -fsanitize=fuzzer,$(SANITIZED) $(LDLIBS) -o $@

deps-fuzz: ## install clang, for `make fuzz`
	$(call install_missing,clang libclang-rt-14-dev)

bench: ## measure; prints tables, keeps them in results/bench
	$(call install_missing,g++)
	@$(build) $(BENCHES)
	@mkdir -p results/bench
	@for bench in $(BENCHES); do table=results/bench/$${bench##*/}.md; \
	    $$bench > $$table || exit 1; cat $$table; done

coverage: deps ## how often intervals cover what they estimate; writes results/coverage
	@$(build) $(BUILD)/tests/coverage
	@mkdir -p results/coverage
	$(BUILD)/tests/coverage > results/coverage/README.md; status=$$?; \
	    cat results/coverage/README.md; exit $$status

study-rare: deps ## an unavailability of 10^-7 by importance splitting; writes results/rare, minutes
	@$(build) $(BUILD)/tests/rare
	@mkdir -p results/rare
	$(BUILD)/tests/rare > results/rare/README.md; status=$$?; cat results/rare/README.md; exit $$status

study-fgd: deps ## the FGD paper's figures against ours; writes results/fgd
	@$(build) $(BUILD)/tests/fgd_study
	$(BUILD)/tests/fgd_study results/fgd

STUDIES = nines rollouts policies
study: $(STUDIES:%=study-%) ## the studies of results/ anew; minutes
$(STUDIES:%=study-%): study-%: deps
	@$(build) all $(BUILD)/tests/study_page
	$(BUILD)/seatrial experiment results/$*/study.yaml --out $(BUILD)/studies/$* > /dev/null
	$(BUILD)/tests/study_page results/$* $(BUILD)/studies/$*

deps-python: ## install SimPy, pandas and our Python package into build/venv, for `make bench` and check-python
	$(call install_missing,python3-venv)
	@[ -x $(BUILD)/venv/bin/python ] || python3 -m venv $(BUILD)/venv
	@$(BUILD)/venv/bin/pip install -q simpy==4.1.1 gymnasium==1.2.3 "./tools/python[results,notebook]"

check-python: deps-python ## the Gymnasium environment, results in pandas, the notebook; needs the net once
	@$(build) all
	$(BUILD)/venv/bin/python tests/python/check_environment.py $(BUILD)/seatrial
	$(BUILD)/venv/bin/python tests/python/check_results.py $(BUILD)/seatrial

deps-prometheus: ## install Prometheus, for check-prometheus
	$(call install_missing,prometheus)

check-prometheus: deps-prometheus ## a real Prometheus over the series of runs has the summary's values
	@$(build) all
	python3 tests/prometheus/check.py $(BUILD)/seatrial

deps-browser: ## install Chromium, and what drives it and looks for hindrances, for check-browser
	$(call install_missing,chromium python3-venv)
	@[ -x $(BUILD)/venv/bin/python ] || python3 -m venv $(BUILD)/venv
	@$(BUILD)/venv/bin/pip install -q playwright==1.55.0 axe-playwright-python==0.1.8

# Playwright brings a Node, which looks at the scripts of our pages first.
check-browser: deps deps-browser ## reports in a browser: charts, themes, keyboard, axe; needs the net once; minutes
	@$(build) all
	@node=$$(echo $(BUILD)/venv/lib/python3*/site-packages/playwright/driver/node); \
	    for script in $(PAGE_SCRIPTS); do $$node --check $$script || exit 1; done
	$(BUILD)/venv/bin/python tests/browser/check_reports.py $(BUILD)/seatrial

# Shared objects that tests load as policies, and the example of one.
$(BUILD)/tests/policies/%.so: tests/policies/%.c include/seatrial/policy.h
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) -std=c11 -D_GNU_SOURCE -O1 $(WARN) -shared -fPIC -Iinclude $< -o $@

$(BUILD)/examples/best_fit.so: examples/policy_so/best_fit.c include/seatrial/policy.h
	@mkdir -p $(@D)
	@$(MAKE) --no-print-directory -s -C examples/policy_so OUT=$(abspath $(@D))

# These run the program, with policies.
$(addprefix $(BUILD)/tests/tools/test_,policies compare http_extender convert convert_cluster convert_fgd): | $(BUILD)/seatrial $(POLICIES)
$(addprefix $(BUILD)/tests/tools/test_,runner runner_killed): | $(BUILD)/tests/toy_study $(BUILD)/seatrial
$(BUILD)/tests/validation/test_explorer: | $(BUILD)/seatrial $(BUILD)/seatrial-planted

tests: $(TESTS) $(PROGRAMS) $(REPLAYS)

test: deps ## every test, as CI runs them; minutes
	@$(build) all tests
	tests/run.sh $(TESTS)
	@for f in $(FUZZERS); do $(BUILD)/tests/fuzz/$$f tests/fuzz/corpus/$$f || exit 1; done

# Before others see it: `make check`. Each part is a target of its own.
C_FILES   = $(sort $(wildcard sim/*.h sim/*/*.[ch] models/*/*.[ch] models/*/*/*.[ch] tools/*.[ch] \
                tools/*/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch] include/*/*.h examples/*/*.c))
TIDY_SRC  = $(LIB_SRC) $(TOOL_SRC) $(SUP_SRC) $(PROG_SRC) $(BENCH_SRC) $(FUZZ_SRC)
CHECKS    = check-includes check-globals check-format check-cppcheck check-tidy check-sanitized
check: deps deps-check ## all of check-*: what `make test` does not look at; about half an hour
	@for part in $(CHECKS); do $(build) $$part || exit 1; done

check-includes: ## includes point down only, sim/ has no word of Kubernetes
	@tests/check_includes.sh

check-globals: $(LIB) ## the library has no state of its own, no clock, no output
	@tests/check_library.sh $(LIB)

check-format: ## the formatter would change nothing
	@clang-format --dry-run -Werror $(C_FILES)

check-cppcheck: ## cppcheck has nothing to say
	@cppcheck -j2 --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
	    --suppressions-list=.cppcheck --template='{file}:{line}: {message} [{id}]' -I. -D_GNU_SOURCE \
	    '-DTest(suite,...)=static void suite(void)' '-DTestSuite(...)=struct nothing' \
	    sim models tools tests

check-tidy: $(TIDY_SRC:%.c=$(BUILD)/tidy/%.ok) ## clang-tidy has nothing to say of files that changed

# Behind the object, and so behind every header that it reads.
$(BUILD)/tidy/%.ok: %.c .clang-tidy $(BUILD)/%.o
	@mkdir -p $(@D)
	$(call quiet,TIDY)clang-tidy --quiet $< -- -std=c11 -D_GNU_SOURCE -I. -I$(BUILD)/generated \
	    2>$@.log || { cat $@.log; exit 1; }
	@touch $@

check-mpi: mpi ## a study on 1, 2, 3 and 5 ranks makes the same bytes, and survives the end of any of them
	@$(build) $(BUILD)/tests/toy_study $(BUILD)/tests/kill_study
	@mkdir -p results/killed
	tests/mpi.sh $(BUILD) $(MOMENTS) > results/killed/README.md; status=$$?; \
	    cat results/killed/README.md; exit $$status

# How often long tests kill a study.
MOMENTS ?= 50

check-sanitized: ## `make test` under address and undefined sanitizers
	@$(build) BUILD=build-asan OPT="-O1 -g" SANITIZE="-fsanitize=$(SANITIZED)" test

STORIES ?= 3000
EXPLORED ?= 100000
long: ## soaks: EXPLORED (100000) explored runs, random stories, ten minutes of each fuzz target, the same answers from every build
	@$(build) $(BUILD)/seatrial
	@mkdir -p results/explore
	tests/explore.sh $(BUILD)/seatrial $(EXPLORED) > results/explore/runs.md
	@$(MAKE) --no-print-directory BUILD=build-asan OPT="-O1 -g" SANITIZE="-fsanitize=$(SANITIZED)" \
	    build-asan/tests/soak
	build-asan/tests/soak --count $(STORIES) --shrink
	@$(MAKE) --no-print-directory FUZZ_SECONDS=600 fuzz
	@$(MAKE) --no-print-directory check-determinism check-mpi coverage study-rare

format: ## let the formatter decide the layout
	@clang-format -i $(C_FILES)

DETERMINISM = build-O0/seatrial build-O2/seatrial build-sanitized/seatrial
check-determinism: deps ## the same answers from builds at -O0, -O2 and under sanitizers
	@$(build) BUILD=build-O0 OPT=-O0 build-O0/seatrial
	@$(build) BUILD=build-O2 OPT=-O2 build-O2/seatrial
	@$(build) BUILD=build-sanitized OPT="-O1 -g" \
	    SANITIZE="-fsanitize=$(SANITIZED)" build-sanitized/seatrial
	tests/determinism.sh $(DETERMINISM)

deps: ## install the Debian packages that are missing
	$(call install_missing,$(DEPS))

deps-check: ## install what `make check` needs besides
	$(call install_missing,clang-format clang-tidy cppcheck)

schema: $(BUILD)/tests/scenario_schema ## write docs/scenario.schema.json and docs/experiment.schema.json anew
	$< > docs/scenario.schema.json
	$< experiment > docs/experiment.schema.json

demo: deps ## install what is missing, build, run the shop and its study, say where their reports are
	@$(build) all
	$(BUILD)/seatrial run scenarios/first_steps/shop/scenario.yaml --out out/shop
	$(BUILD)/seatrial experiment scenarios/first_steps/shop/study.yaml --out out/shop-study

help: ## print this table
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

MAN_DIR         = $(DESTDIR)$(PREFIX)/share/man/man1
COMPLETION_DIR  = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
install: all ## program, header of policies, manual page and completion of bash below PREFIX (/usr/local), DESTDIR before it
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include/seatrial $(MAN_DIR) $(COMPLETION_DIR)
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/seatrial
	[ ! -f $(BUILD)/seatrial-mpi.so ] || install -D -m 755 $(BUILD)/seatrial-mpi.so $(DESTDIR)$(PREFIX)/lib/seatrial/seatrial-mpi.so
	install -m 644 include/seatrial/policy.h $(DESTDIR)$(PREFIX)/include/seatrial/policy.h
	$(PROGRAM) help --man > $(MAN_DIR)/seatrial.1
	$(PROGRAM) completion bash > $(COMPLETION_DIR)/seatrial

clean: ## remove the build directories
	rm -rf $(BUILD) build-*

-include $(LIB_OBJ:.o=.d) $(TOOL_OBJ:.o=.d) $(SUP_OBJ:.o=.d) $(TESTS:=.d) $(PROG_SRC:%.c=$(BUILD)/%.d) \
    $(BENCH_SRC:%.c=$(BUILD)/%.d) $(wildcard $(BUILD)/tests/fuzz/*.d) $(PLANTED_OBJ:.o=.d) $(BUILD)/tests/planted/choice.d
.PHONY: all tests test check check-python check-mpi $(CHECKS) check-determinism long format demo schema fuzz fuzzers deps-fuzz bench study-fgd study-rare study \
    $(STUDIES:%=study-%) \
    deps deps-check deps-mpi deps-python deps-prometheus check-prometheus deps-browser check-browser install help clean mpi
.SECONDARY:
