// SPDX-License-Identifier: GPL-2.0-only
/*
 * Atomic operations. Those that fetch are fully ordered, the others have no
 * order at all; both as the kernel's own atomics.
 */
#include "rv_emit.h"

/* The address itself, as these instructions have no displacement. */
static u8 atomic_address(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	struct rv_place place = mbpf_rv_place(rv, insn->dst, insn->off, RV_TMP);

	if (!place.off)
		return place.base;
	emit_addi(rv, RV_TMP, place.base, place.off);
	return RV_TMP;
}

/*
 * R0 is compared and gets the old value. Without Zacas this is a loop; the
 * fence gives the load and what follows it their order.
 */
static void compare_exchange_loop(struct rv_jit *rv, bool dw, u8 addr, u8 src)
{
	u8 expected = dw ? mbpf_rv_read64(rv, 0, RV_TMP3) :
			   mbpf_rv_read_sx(rv, 0, RV_TMP3);

	emit(rv, rv_lr(dw, 0, RV_TMP4, addr));
	emit(rv, rv_bcc(RV_BNE, RV_TMP4, expected, 12));
	emit(rv, rv_sc(dw, RV_RL, RV_TMP5, src, addr));
	emit(rv, rv_bcc(RV_BNE, RV_TMP5, RV_ZERO, -12));
	emit(rv, rv_fence_rw_rw());
	emit_mv(rv, RV_A0, RV_TMP4);
}

static void compare_exchange(struct rv_jit *rv, bool dw, u8 addr, u8 src)
{
	if (!rv_has(rv, MBPF_CPU_ZACAS)) {
		compare_exchange_loop(rv, dw, addr, src);
	} else {
		if (dw)
			mbpf_rv_close(rv, 0);
		emit(rv, rv_amoop(RV_AMOCAS, dw, RV_AQRL, RV_A0, src, addr));
	}
	mbpf_rv_set_upper(rv, 0, dw ? 0 : RV_SX | RV_OPEN);
}

static void amo(struct rv_jit *rv, const struct mbpf_insn *insn, u32 op,
		u8 addr, u8 src)
{
	bool dw = MBPF_SIZE(insn->code) == MBPF_DW;

	if (!(insn->imm & MBPF_FETCH)) {
		emit(rv, rv_amoop(op, dw, 0, RV_ZERO, src, addr));
		return;
	}
	emit(rv, rv_amoop(op, dw, RV_AQRL, src, src, addr));
	mbpf_rv_set_upper(rv, insn->src, dw ? 0 : RV_SX | RV_OPEN);
}

void mbpf_rv_atomic(struct rv_jit *rv, const struct mbpf_insn *insn)
{
	bool dw = MBPF_SIZE(insn->code) == MBPF_DW;
	u8 addr = atomic_address(rv, insn);
	u8 src = dw ? mbpf_rv_read64(rv, insn->src, RV_TMP2) :
		      mbpf_rv_read32(rv, insn->src, RV_TMP2);

	if (mbpf_size_bytes(insn->code) < 4) {
		rv->jit->err = -EINVAL;
		return;
	}
	switch (insn->imm) {
	case MBPF_ADD:
	case MBPF_ADD | MBPF_FETCH:
		amo(rv, insn, RV_AMOADD, addr, src);
		break;
	case MBPF_OR:
	case MBPF_OR | MBPF_FETCH:
		amo(rv, insn, RV_AMOOR, addr, src);
		break;
	case MBPF_AND:
	case MBPF_AND | MBPF_FETCH:
		amo(rv, insn, RV_AMOAND, addr, src);
		break;
	case MBPF_XOR:
	case MBPF_XOR | MBPF_FETCH:
		amo(rv, insn, RV_AMOXOR, addr, src);
		break;
	case MBPF_XCHG:
		amo(rv, insn, RV_AMOSWAP, addr, src);
		break;
	case MBPF_CMPXCHG:
		compare_exchange(rv, dw, addr, src);
		break;
	default:
		rv->jit->err = -EINVAL;
	}
}
