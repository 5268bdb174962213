// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* What went wrong, why, and what to do next. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static bool no_device(void)
{
	return minibpf_backend() == MINIBPF_BACKEND_DEVICE && access(MINIBPF_DEVICE, F_OK);
}

/* What the user can do; "" if nothing comes to mind. */
static const char *advice(int err)
{
	switch (err) {
	case -EPERM:
	case -EACCES:
		return "run it as root (CAP_BPF and CAP_PERFMON); "
		       "a kernel under lockdown refuses programs that read its memory";
	case -ENOSYS:
		return "this kernel has no bpf(2): load minibpf.ko and use --backend device";
	case -EOPNOTSUPP:
	case -524:
		return "this backend cannot do that: try --backend kernel or --backend device";
	case -EAGAIN:
		return "it is attached there already: see minibpf link show";
	case -EEXIST:
		return "choose another name, or remove the old one first";
	case -EBUSY:
		return "something else uses it: try again";
	case -ENOMEM:
		return "use a smaller map, or flags 1 (no preallocation)";
	default:
		return "";
	}
}

static int print_error(const char *what, const char *why, const char *hint, const char *log)
{
	if (out_json) {
		json_open(NULL, '{');
		json_text("error", what);
		if (*why)
			json_text("reason", why);
		if (*hint)
			json_text("hint", hint);
		if (*log)
			json_text("log", log);
		json_close('}');
		json_finish();
		return 1;
	}
	fprintf(stderr, "%s%sError: %s%s%s\n", log, *log && log[strlen(log) - 1] != '\n' ? "\n" : "",
		what, *why ? ": " : "", why);
	if (*hint)
		fprintf(stderr, "  %s\n", hint);
	return 1;
}

int usage_error(const char *format, ...)
{
	char what[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	return print_error(what, "", "", "");
}

/* ENOTSUPP of the kernel has no text here. */
static const char *reason(int err)
{
	return err == -524 ? "Not supported" : strerror(-err);
}

static int fail_with(int err, const char *log, const char *format, va_list ap)
{
	const char *hint = advice(err);
	char what[1024];

	vsnprintf(what, sizeof(what), format, ap);
	if (*log)
		hint = err == -EPERM ? hint : "";	/* it says more */
	else if (no_device())
		hint = "there is no " MINIBPF_DEVICE ": load minibpf.ko, or use --backend kernel";
	/* the log says what was not found */
	return print_error(what, *log && err == -ENOENT ? "" : reason(err), hint, log);
}

int fail(int err, const char *format, ...)
{
	va_list ap;
	int ret;

	va_start(ap, format);
	ret = fail_with(err, "", format, ap);
	va_end(ap);
	return ret;
}

int fail_log(int err, const struct minibpf_log *log, const char *format, ...)
{
	va_list ap;
	int ret;

	va_start(ap, format);
	ret = fail_with(err, log->buf ? log->buf : "", format, ap);
	va_end(ap);
	return ret;
}

int fail_attach(int err, const char *target, uint32_t nr)
{
	const char *hint = "";
	char what[512];

	snprintf(what, sizeof(what), "cannot attach to %s%s", target, nr > 1 ? " and others" : "");
	if (err == -ENOENT)
		hint = "there is no such symbol: see /proc/kallsyms";
	else if (err == -EILSEQ)
		hint = "no instruction begins there";
	else if (err == -EINVAL && minibpf_backend() == MINIBPF_BACKEND_KERNEL)
		hint = "the kernel puts no probe there; on RISC-V it puts none on a function's entry: "
		       "try SYM+8, or --backend device";
	else if (err == -EINVAL)
		hint = "no probe can be there: not an instruction, or code that probes are made of";
	else
		hint = advice(err);
	return print_error(what, err == -ENOENT || err == -EILSEQ ? "" : reason(err), hint, "");
}

int fail_without_backend(int err)
{
	return no_device() ? fail(err, "cannot open " MINIBPF_DEVICE) : 0;
}
