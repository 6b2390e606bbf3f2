# SPDX-License-Identifier: ISC
# Variables can be set on the command line: make PREFIX=/usr V=1 WERROR=1

PREFIX        ?= /usr/local
DESTDIR       ?=
SBINDIR       ?= $(PREFIX)/sbin
MANDIR        ?= $(PREFIX)/share/man
DOCDIR        ?= $(PREFIX)/share/doc/sshdial
SYSCONFDIR    ?= /etc
RUNSTATEDIR   ?= /run
SESSION_USER  ?= sshdial

B       ?= build
CC      ?= cc
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo 0.1)
PKGS    := libssh2 libcrypto libcap-ng

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
ifneq ($(SAN),)
HARDEN  := -fPIE -fsanitize=address,undefined -fno-sanitize-recover=all \
	   -fno-omit-frame-pointer
LHARDEN := -pie -fsanitize=address,undefined
endif
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

CPPFLAGS_ALL = -std=gnu11 -D_GNU_SOURCE -Isrc \
	-DVERSION='"$(VERSION)"' -DSYSCONFDIR='"$(SYSCONFDIR)"' \
	-DRUNSTATEDIR='"$(RUNSTATEDIR)"' -DSESSION_USER='"$(SESSION_USER)"' \
	$(shell pkg-config --cflags $(PKGS)) $(CPPFLAGS)
CFLAGS_ALL   = $(CFLAGS) $(WARN) $(HARDEN)
LDLIBS_ALL   = $(shell pkg-config --libs $(PKGS)) $(LDLIBS)
CPPFLAGS_ALL := $(CPPFLAGS_ALL)
LDLIBS_ALL   := $(LDLIBS_ALL)

SRC   := $(sort $(wildcard src/*/*.c))
OBJ   := $(SRC:%.c=$(B)/%.o)
UNIT  := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/unit/*.c)))
TOOLS := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/tools/*.c)))

all: $(B)/sshdial $(B)/sshdial-exec

$(B)/sshdial: $(B)/src/main.o $(B)/libsshdial.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LHARDEN) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL)

$(B)/sshdial-exec: $(B)/sshdial
	$(Q)ln -sf sshdial $@

$(B)/libsshdial.a: $(OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Objects depend on the flags they were made with.
$(B)/flags: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(subst ','\'',$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL))' | \
		cmp -s - $@ || \
		echo '$(subst ','\'',$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL))' >$@

$(B)/%.o: %.c $(B)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/libsshdial.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LHARDEN) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL) \
		-lcmocka

$(B)/tests/tools/%: tests/tools/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LHARDEN) -o $@ $<

unit: $(UNIT)
tools: $(TOOLS)

-include $(OBJ:.o=.d) $(B)/src/main.d $(UNIT:=.d)

clean:
	$(Q)rm -rf $(B)

FORCE:
.PHONY: all unit tools clean FORCE
.SECONDARY:
