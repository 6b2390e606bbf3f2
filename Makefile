# SPDX-License-Identifier: ISC
# Variables can be set on the command line: make PREFIX=/usr V=1 WERROR=1

PREFIX        ?= /usr/local
DESTDIR       ?=
SBINDIR       ?= $(PREFIX)/sbin
BINDIR        ?= $(PREFIX)/bin
MANDIR        ?= $(PREFIX)/share/man
DATADIR       ?= $(PREFIX)/share
DOCDIR        ?= $(PREFIX)/share/doc/sshdial
SYSCONFDIR    ?= /etc
RUNSTATEDIR   ?= /run
INITDIR       ?= $(SYSCONFDIR)/init.d
DEFAULTDIR    ?= $(SYSCONFDIR)/default
SYSTEMDUNITDIR ?= $(PREFIX)/lib/systemd/system
SESSION_USER  ?= sshdial

B       ?= build
CC      ?= cc
CLANG        ?= clang
CLANG_FORMAT ?= clang-format
CLANG_TIDY   ?= clang-tidy
export CLANG CLANG_FORMAT CLANG_TIDY

# The release that docs/NEWS describes. Everything that has a version takes it
# from here; scripts/version adds the commit to it between releases.
VERSION       := 0.2
BUILD_VERSION := $(shell scripts/version $(VERSION))

PKGS    := libssh2 libcrypto libcap-ng libseccomp libnl-3.0

CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	   -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla \
	   -Wformat=2 -Wundef -Wimplicit-fallthrough -Wcast-qual
HARDEN  := -fPIE -fstack-protector-strong -fstack-clash-protection \
	   -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
LHARDEN := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed
ifneq ($(WERROR)$(CI),)
WARN    += -Werror
endif
ifeq ($(SAN),fuzz)
HARDEN  := -fPIE -fsanitize=fuzzer-no-link,address,undefined \
	   -fno-sanitize-recover=all -fno-omit-frame-pointer
LHARDEN := -pie -fsanitize=fuzzer,address,undefined
else ifneq ($(SAN),)
HARDEN  := -fPIE -fsanitize=address,undefined -fno-sanitize-recover=all \
	   -fno-omit-frame-pointer
LHARDEN := -pie -fsanitize=address,undefined
endif
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

CPPFLAGS_ALL = -std=gnu11 -D_GNU_SOURCE -Isrc \
	-DSYSCONFDIR='"$(SYSCONFDIR)"' \
	-DRUNSTATEDIR='"$(RUNSTATEDIR)"' -DSESSION_USER='"$(SESSION_USER)"' \
	$(shell pkg-config --cflags $(PKGS)) $(CPPFLAGS)
CFLAGS_ALL   = $(CFLAGS) $(WARN) $(HARDEN)
LDLIBS_ALL   = $(shell pkg-config --libs $(PKGS)) $(LDLIBS)
CPPFLAGS_ALL := $(CPPFLAGS_ALL)
LDLIBS_ALL   := $(LDLIBS_ALL)

SRC   := $(sort $(wildcard src/*/*.c))
OBJ   := $(SRC:%.c=$(B)/%.o)
UNIT  := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/unit/*.c)))
FUZZ  := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/fuzz/*.c)))
TOOLS := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/tools/*.c))) \
	 $(patsubst %.c,$(B)/%.so,$(sort $(wildcard tests/preload/*.c)))

all: $(B)/sshdial $(B)/sshdial-exec

$(B)/sshdial: $(B)/src/main.o $(B)/libsshdial.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LHARDEN) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL)

$(B)/sshdial-exec: $(B)/sshdial
	$(Q)ln -sf sshdial $@

$(B)/libsshdial.a: $(OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Only the files that print the version are compiled again at each commit.
VERSIONED := $(patsubst %.c,$(B)/%.o, \
	$(shell grep -lw VERSION src/*.c src/*/*.c))
$(VERSIONED): $(B)/version.h
versioned = $(if $(filter $@,$(VERSIONED)),-include $(B)/version.h)
$(B)/version.h: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '#define VERSION "$(BUILD_VERSION)"' | cmp -s - $@ || \
		echo '#define VERSION "$(BUILD_VERSION)"' >$@

# Objects depend on the flags they were made with.
$(B)/flags: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(subst ','\'',$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL))' | \
		cmp -s - $@ || \
		echo '$(subst ','\'',$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL))' >$@

$(B)/%.o: %.c $(B)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(versioned) -MMD -MP -c -o $@ $<

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/libsshdial.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LHARDEN) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL) \
		-lcmocka

$(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(B)/libsshdial.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LHARDEN) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL)

$(B)/tests/tools/%: $(B)/tests/tools/%.o $(B)/libsshdial.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LHARDEN) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL)

$(B)/tests/preload/%.so: tests/preload/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS) $(WARN) -fPIC -shared -o $@ $<

unit: $(UNIT)
fuzzers: $(FUZZ)
tools: $(TOOLS)
programs: all unit tools

-include $(OBJ:.o=.d) $(B)/src/main.d $(UNIT:=.d) $(FUZZ:=.d) $(TOOLS:=.d)

# ---- tests ----
#
# `make setup` installs what is needed, `make check` only says what is missing.
# The variables above ask pkg-config, which setup may have to install: so the
# builds are makes of their own. TESTS picks tests by kind, name or pattern.

CHECK = $(MAKE) --no-print-directory WERROR=1 \
	$(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

setup:
	$(Q)tests/setup
ifneq ($(filter setup,$(MAKECMDGOALS)),)
has-tools: setup
endif
has-tools:
	$(Q)tests/setup --check

check: has-tools
	$(Q)$(CHECK) programs unit-asan fuzz-programs
	$(Q)tests/run $(TESTS)

fuzz: has-tools
	$(Q)$(CHECK) fuzz-programs
	$(Q)tests/run -v fuzz

check-native: has-tools
	$(Q)$(CHECK) programs unit-asan
	$(Q)tests/run lint unit unit-asan unit-valgrind native

check-lab: has-tools
	$(Q)$(CHECK) programs
	$(Q)tests/run lab

lint: has-tools
	$(Q)$(CHECK) programs
	$(Q)tests/run lint

bench: has-tools
	$(Q)$(CHECK) programs
	$(Q)tests/run -v -j 1 bench

unit-asan:
	$(Q)$(MAKE) --no-print-directory B=$(B)/asan SAN=1 unit
fuzz-programs:
	$(Q)$(MAKE) --no-print-directory B=$(B)/fuzz SAN=fuzz CC='$(CLANG)' \
		fuzzers

demo:
	$(Q)tests/setup build run lab
	$(Q)$(CHECK) all
	$(Q)tests/demo

# ---- installation ----

MANUAL     := $(notdir $(wildcard docs/*.[1-9]))
PPP_EVENTS := ip-up ip-down ipv6-up ipv6-down

# sshdial-answer is run by accounts whose PATH has no sbin, so it goes to
# BINDIR. The unit and the init script do nothing until they are enabled.
install: all
	$(Q)$(MAKE) --no-print-directory install-files

# Installs what has been built, without compiling anything.
install-files:
	install -d '$(DESTDIR)$(SBINDIR)' '$(DESTDIR)$(BINDIR)' \
		'$(DESTDIR)$(SYSTEMDUNITDIR)' '$(DESTDIR)$(INITDIR)' \
		'$(DESTDIR)$(DEFAULTDIR)' '$(DESTDIR)$(MANDIR)/man8' \
		'$(DESTDIR)$(MANDIR)/man1' '$(DESTDIR)$(MANDIR)/man5' \
		'$(DESTDIR)$(DOCDIR)/examples' \
		'$(DESTDIR)$(SYSCONFDIR)/sshdial' \
		'$(DESTDIR)$(DATADIR)/sshdial/server'
	install -m 755 $(B)/sshdial '$(DESTDIR)$(SBINDIR)/sshdial'
	ln -sf sshdial '$(DESTDIR)$(SBINDIR)/sshdial-exec'
	install -m 755 scripts/sshdial-answer '$(DESTDIR)$(BINDIR)/'
	install -m 644 scripts/server/*.sh \
		'$(DESTDIR)$(DATADIR)/sshdial/server/'
	sed -e 's|^PATH=|&$(SBINDIR):$(BINDIR):|' \
		-e 's|^readonly LIB=.*|readonly LIB=$(DATADIR)/sshdial/server|' \
		scripts/sshdial-server >'$(DESTDIR)$(SBINDIR)/sshdial-server'
	chmod 755 '$(DESTDIR)$(SBINDIR)/sshdial-server'
	sed 's|/usr/sbin/sshdial|$(SBINDIR)/sshdial|' \
		'scripts/sshdial@.service' \
		>'$(DESTDIR)$(SYSTEMDUNITDIR)/sshdial@.service'
	sed -e 's|^PATH=|&$(SBINDIR):|' \
		-e 's|/etc/default/|$(DEFAULTDIR)/|g' scripts/sshdial.init \
		>'$(DESTDIR)$(INITDIR)/sshdial'
	chmod 755 '$(DESTDIR)$(INITDIR)/sshdial'
	[ -e '$(DESTDIR)$(DEFAULTDIR)/sshdial' ] || install -m 644 \
		scripts/sshdial.default '$(DESTDIR)$(DEFAULTDIR)/sshdial'
	for event in $(PPP_EVENTS); do \
		dir='$(DESTDIR)$(SYSCONFDIR)/ppp/'$$event.d && \
		install -d "$$dir" && \
		sed 's|/usr/sbin/sshdial|$(SBINDIR)/sshdial|' \
			scripts/ppp-hook >"$$dir/sshdial" && \
		chmod 755 "$$dir/sshdial" || exit 1; \
	done
	for page in $(MANUAL); do \
		sed -e 's|^\.Os$$|.Os sshdial $(BUILD_VERSION)|' \
			-e 's|/etc/sshdial|$(SYSCONFDIR)/sshdial|g' "docs/$$page" \
			>'$(DESTDIR)$(MANDIR)'/man$${page##*.}/"$$page" || exit 1; \
	done
	ln -sf sshdial.8 '$(DESTDIR)$(MANDIR)/man8/sshdial-exec.8'
	install -m 644 peers/* '$(DESTDIR)$(DOCDIR)/examples/'
	install -m 644 README.md docs/NEWS docs/*.md '$(DESTDIR)$(DOCDIR)/'
	@[ -n '$(DESTDIR)' ] || getent passwd $(SESSION_USER) >/dev/null || \
		useradd --system --no-create-home --home-dir /nonexistent \
			--shell /usr/sbin/nologin $(SESSION_USER)

# Configuration (also DEFAULTDIR/sshdial), keys and the account are kept.
uninstall:
	rm -f '$(DESTDIR)$(SBINDIR)/sshdial' \
		'$(DESTDIR)$(SBINDIR)/sshdial-exec' \
		'$(DESTDIR)$(SBINDIR)/sshdial-server' \
		'$(DESTDIR)$(BINDIR)/sshdial-answer' \
		'$(DESTDIR)$(SYSTEMDUNITDIR)/sshdial@.service' \
		'$(DESTDIR)$(INITDIR)/sshdial'
	for event in $(PPP_EVENTS); do \
		rm -f '$(DESTDIR)$(SYSCONFDIR)/ppp/'$$event.d/sshdial; \
	done
	for page in $(MANUAL) sshdial-exec.8; do \
		rm -f '$(DESTDIR)$(MANDIR)'/man$${page##*.}/"$$page"; \
	done
	rm -rf '$(DESTDIR)$(DOCDIR)' '$(DESTDIR)$(DATADIR)/sshdial'
	-rmdir '$(DESTDIR)$(SYSCONFDIR)/sshdial' 2>/dev/null

# A Debian package below $(B); root is not needed.
deb:
	$(Q)scripts/deb/build '$(B)' '$(BUILD_VERSION)'

# The release as a tar: the files of the commit, with its time, so that the
# same commit gives the same bytes. It builds without git.
DIST := sshdial-$(VERSION)
dist:
	$(Q)git rev-parse --quiet --verify HEAD >/dev/null || \
		{ echo 'make dist: a release is made from a commit' >&2; exit 1; }
	$(Q)git diff --quiet HEAD || \
		echo 'make dist: what is not committed is left out' >&2
	$(Q)mkdir -p $(B)
	$(Q)git -c tar.umask=0022 archive --format=tar --prefix=$(DIST)/ HEAD | \
		gzip -9n >$(B)/$(DIST).tar.gz.new
	$(Q)mv $(B)/$(DIST).tar.gz.new $(B)/$(DIST).tar.gz
	@echo $(B)/$(DIST).tar.gz

clean:
	rm -rf $(B)

help:
	@echo 'make all           build $(B)/sshdial'
	@echo 'make demo          a real tunnel between two hosts on this machine;'
	@echo '                   installs what it needs'
	@echo 'make setup         install what the tests need, from Debian'
	@echo 'make check         all tests; TESTS=lab/recipe picks some'
	@echo 'make check-native  those that need no kernel PPP'
	@echo 'make check-lab     those with a real kernel PPP'
	@echo 'make fuzz          libFuzzer alone; FUZZ_SECONDS=10 for each program'
	@echo 'make lint          static checks alone'
	@echo 'make bench         measurements beside ssh(1); nothing fails'
	@echo 'make install       below PREFIX=$(PREFIX); DESTDIR as usual'
	@echo 'make deb           a Debian package below $(B)'
	@echo 'make dist          the release as $(B)/$(DIST).tar.gz'
	@echo 'make uninstall     configuration and keys stay'
	@echo 'make clean         remove $(B)'
	@echo
	@echo 'PREFIX DESTDIR SBINDIR BINDIR MANDIR DATADIR DOCDIR SYSCONFDIR'
	@echo 'RUNSTATEDIR INITDIR DEFAULTDIR SYSTEMDUNITDIR SESSION_USER CC'
	@echo 'CFLAGS CPPFLAGS LDFLAGS CLANG CLANG_FORMAT CLANG_TIDY can be set;'
	@echo 'V=1 shows commands, WERROR=1 makes warnings errors, SAN=1 builds'
	@echo 'with the address and undefined behaviour sanitizers.'

FORCE:
.PHONY: all unit fuzzers tools programs setup has-tools check fuzz \
	check-native check-lab lint bench unit-asan fuzz-programs demo install \
	install-files uninstall deb dist clean help FORCE
.SECONDARY:
