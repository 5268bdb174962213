// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads programs as the module does and runs them in this process. Machine
 * code goes to two regions: one within reach of direct calls to this program's
 * text, and one beyond.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine.h"
#include "disasm.h"
#include "helper.h"
#include "opt.h"

#define REGION_SIZE (32UL << 20)
#define REACH (1UL << 30)
#define ALIGN 64

#if defined(__x86_64__)
#include <asm/prctl.h>

#define NATIVE (&mbpf_jit_x86_64)
#define X86_FEATURES (MBPF_CPU_BMI2 | MBPF_CPU_MOVBE)

/* What the kernel's thunks do, without the speculation barriers. */
asm(".text\n"
    ".type unit_thunk, @function\n"
    "unit_thunk: jmp *%rax\n"
    ".type unit_return_thunk, @function\n"
    "unit_return_thunk: ret\n");
extern void unit_thunk(void);
extern void unit_return_thunk(void);

const struct unit_engine unit_engines[] = {
	{ .name = "interpreter" },
	{ .name = "x86_64", .backend = NATIVE },
	{ .name = "x86_64 far", .backend = NATIVE, .far = true },
	{ .name = "x86_64 bmi2 movbe", .backend = NATIVE, .features = X86_FEATURES },
	{ .name = "x86_64 mitigated", .backend = NATIVE,
	  .features = MBPF_CPU_IBT | MBPF_CPU_RETPOLINE | MBPF_CPU_RETHUNK },
	{ .name = "x86_64 optimised", .backend = NATIVE, .optimise = true },
	{ .name = "x86_64 far optimised", .backend = NATIVE, .far = true, .optimise = true,
	  .features = X86_FEATURES },
};

/* What the base of gs points to. */
static struct {
	u64 cpu_offset;
	u32 cpu_id;
} gs_data;

void unit_set_cpu(u32 cpu)
{
	os_user_cpu = cpu;
	gs_data.cpu_offset = (u64)cpu * OS_USER_PERCPU_STRIDE;
	gs_data.cpu_id = cpu;
}

static void describe_data(struct mbpf_jit_target *target)
{
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, &gs_data))
		return;
	unit_set_cpu(os_user_cpu);
	target->has = MBPF_JIT_HAS_CPU;
	target->cpu_offset = offsetof(typeof(gs_data), cpu_offset);
	target->cpu_id = offsetof(typeof(gs_data), cpu_id);
}

static u32 machine_features(void)
{
	u32 features = MBPF_CPU_IBT | MBPF_CPU_RETPOLINE | MBPF_CPU_RETHUNK;

	if (__builtin_cpu_supports("bmi2"))
		features |= MBPF_CPU_BMI2;
	/* The compiler does not test for MOVBE by itself; all with BMI2 have it. */
	return features & MBPF_CPU_BMI2 ? features | MBPF_CPU_MOVBE : features;
}

#elif defined(__riscv)
#define NATIVE (&mbpf_jit_riscv64)
#define RV_FEATURES (MBPF_CPU_ZBA | MBPF_CPU_ZBB | MBPF_CPU_ZBS)

const struct unit_engine unit_engines[] = {
	{ .name = "interpreter" },
	{ .name = "riscv64", .backend = NATIVE },
	{ .name = "riscv64 far", .backend = NATIVE, .far = true },
	{ .name = "riscv64 zba zbb zbs", .backend = NATIVE, .features = RV_FEATURES },
	{ .name = "riscv64 optimised", .backend = NATIVE, .optimise = true },
	{ .name = "riscv64 zba zbb zbs far optimised", .backend = NATIVE, .far = true,
	  .features = RV_FEATURES, .optimise = true },
};

void unit_set_cpu(u32 cpu)
{
	os_user_cpu = cpu;
}

/* Thread-local variables are at fixed distances from tp. */
static void describe_data(struct mbpf_jit_target *target)
{
	static u64 offsets[OS_USER_NR_CPUS];
	register unsigned long tp asm("tp");
	u32 i;

	for (i = 0; i < OS_USER_NR_CPUS; i++)
		offsets[i] = (u64)i * OS_USER_PERCPU_STRIDE;
	target->has = MBPF_JIT_HAS_CPU;
	target->cpu_id = (unsigned long)&os_user_cpu - tp;
	target->cpu_offset = (unsigned long)offsets;
}

/* There is no asking: who starts the emulator says what it has, as a number. */
static u32 machine_features(void)
{
	const char *given = getenv("UNIT_FEATURES");

	return given ? strtoul(given, NULL, 0) : RV_FEATURES;
}
#endif

const u32 unit_nr_engines = ARRAY_SIZE(unit_engines);

bool unit_engine_runs(const struct unit_engine *engine)
{
	return !(engine->features & ~machine_features());
}

struct mbpf_jit_target unit_jit_target(u32 features)
{
	struct mbpf_jit_target target = {
		.features = features,
#if defined(__x86_64__)
		.thunk = (unsigned long)unit_thunk,
		.return_thunk = (unsigned long)unit_return_thunk,
#endif
		.array_max = offsetof(struct mbpf_fd_array, max_entries),
		.array_slots = offsetof(struct mbpf_fd_array, slots),
	};

	describe_data(&target);
	return target;
}

const struct mbpf_verify_rules unit_rules = {
	.ctx_size = UNIT_CTX_SIZE,
	.gpl = true,
	.perfmon = true,
	.write_user = true,
};

static struct mbpf_map *get_map(void *priv, int fd, bool is_index)
{
	struct unit_prog *p = priv;

	if (fd < 0 || (u32)fd >= p->nr_maps)
		return ERR_PTR(-EBADF);
	return p->maps[fd];
}

static void put_map(void *priv, struct mbpf_map *map)
{
}

int unit_prog_load(struct unit_prog *p, const struct row_insn *insns, u32 nr,
		   struct mbpf_map *const *maps, u32 nr_maps,
		   const struct mbpf_verify_rules *rules, struct mbpf_log *log)
{
	const struct mbpf_map_source source = { .get = get_map, .put = put_map, .priv = p };
	int err;

	BUILD_BUG_ON(sizeof(struct row_insn) != sizeof(struct mbpf_insn));
	memset(p, 0, sizeof(*p));
	p->maps = maps;
	p->nr_maps = nr_maps;
	p->prog.run = mbpf_interp_run;
	err = unit_code_init(&p->prog.code, insns, nr);
	if (!err)
		err = mbpf_code_resolve(&p->prog.code, &source, log);
	if (!err)
		err = mbpf_cfg_build(&p->prog.code, log);
	if (!err)
		err = mbpf_verify(&p->prog.code, rules ? rules : &unit_rules, log, NULL);
	return err;
}

void unit_prog_unload(struct unit_prog *p)
{
	mbpf_code_deinit(&p->prog.code);
}

struct region {
	u8 *start;
	size_t used;
};

static struct region near_text, far_text;

static u8 *map_region(unsigned long hint)
{
	void *p = mmap((void *)hint, REGION_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static bool within_reach(const u8 *p)
{
	s64 distance = (s64)(unsigned long)p - (s64)(unsigned long)unit_prog_load;

	return p && distance < (s64)REACH && distance > -(s64)REACH;
}

/* Tries addresses at growing distance until the kernel gives one that fits. */
static u8 *find_region(bool far)
{
	unsigned long text = (unsigned long)unit_prog_load & ~0xffffffUL;
	unsigned long step = far ? 64UL << 30 : 32UL << 20;
	u32 i;

	for (i = 2; i < 64; i++) {
		long hint = text + (i & 1 ? -(long)(i / 2) : (long)(i / 2)) * step;
		u8 *p = hint > 0 ? map_region(hint) : NULL;

		if (p && within_reach(p) != far)
			return p;
		if (p)
			munmap(p, REGION_SIZE);
	}
	fprintf(stderr, "no room for machine code %s the text\n", far ? "far from" : "near");
	abort();
}

static struct region *region_of(bool far)
{
	struct region *region = far ? &far_text : &near_text;

	if (!region->start)
		region->start = find_region(far);
	return region;
}

size_t unit_text_mark(void)
{
	return near_text.used;
}

void unit_text_release(size_t mark)
{
	near_text.used = far_text.used = mark;
}

static int compile(struct unit_prog *p, const struct unit_engine *engine, u8 *at, size_t room)
{
	struct mbpf_jit_target target = unit_jit_target(engine->features);
	const struct mbpf_jit_backend *be = engine->backend;
	struct mbpf_jit jit;
	u32 i;
	int err;

	if (engine->optimise) {
		err = mbpf_opt_run(&p->prog.code, true);
		if (err)
			return err;
	}
	err = mbpf_jit_init(&jit, be, &p->prog.code, &target, (unsigned long)at);
	if (err)
		return err;
	p->text = at;
	p->text_size = jit.pos;
	err = jit.pos + ALIGN > room ? -ENOSPC :
	      mbpf_jit_emit(&jit, be, at, jit.pos, (unsigned long)at);
	if (!err) {
		for (i = 0; i < ALIGN; i++)
			at[jit.pos + i] = be->fill[i % be->fill_size];
		__builtin___clear_cache((char *)at, (char *)at + jit.pos + ALIGN);
		p->prog.run = (mbpf_run_t)(at + jit.entry);
		p->prog.tail_entry = at + jit.tail_entry;
	}
	mbpf_jit_deinit(&jit);
	return err;
}

int unit_prog_engine(struct unit_prog *p, const struct unit_engine *engine)
{
	struct region *region;
	int err;

	p->prog.run = mbpf_interp_run;
	p->prog.tail_entry = NULL;
	if (!engine->backend)
		return 0;
	region = region_of(engine->far);
	err = compile(p, engine, region->start + region->used, REGION_SIZE - region->used);
	if (err)
		return err;
	/* One mark serves both regions. */
	region->used += round_up(p->text_size + ALIGN, ALIGN);
	near_text.used = far_text.used = max(near_text.used, far_text.used);
	return 0;
}

static const char *helper_name(void *priv, u32 id)
{
	return mbpf_helper_name(id);
}

void unit_prog_print(FILE *out, const struct row_insn *insns, u32 nr)
{
	static const struct mbpf_disasm_names names = { .helper = helper_name };
	const struct mbpf_insn *insn = (const struct mbpf_insn *)insns;
	char text[MBPF_DISASM_LEN + 32];
	u32 i;

	for (i = 0; i < nr; i += mbpf_insn_slots(&insn[i])) {
		if (mbpf_insn_is_lddw(&insn[i]) && i + 1 == nr)
			break;
		mbpf_insn_disasm(text, sizeof(text), &insn[i], &names);
		fprintf(out, "# %4u: (%02x) %s\n", i, insn[i].code, text);
	}
}

static void (*crash_note)(void);

static void on_crash(int signal)
{
	if (crash_note)
		crash_note();
	fflush(NULL);
	raise(signal);	/* the action is the default again */
}

void unit_on_crash(void (*note)(void))
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGALRM };
	static u8 stack[65536] __aligned(16);
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = {
		.sa_handler = on_crash, .sa_flags = SA_RESETHAND | SA_ONSTACK | SA_NODEFER,
	};
	u32 i;

	crash_note = note;
	sigaltstack(&alternate, NULL);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
}
