/* The kernel lock, the flush of other CPUs' translations, and stopping what another CPU runs: boot/<arch>/smp.S and common.inc,
 * kernel/mm/tlb.ts, kernel/object/destroy.ts, kernel/thread/scheduler.ts. Two CPUs run two domains, which make a few gates each:
 * yield, map a page, unmap it, stop the other domain and destroy it. A gate of sfi waits for the lock with interrupts on, one of
 * hw with interrupts off. The processor may walk the page table at any time.
 * Claims: one CPU at a time has the lock; no CPU uses a frame that has gone elsewhere; a domain is resumed with its context
 * complete, and destroyed when no CPU is inside; and nobody waits for ever. */

#define CPUS 2
#define DOMAINS 2
#define GATES 2
#define FRAMES 3
#define NOBODY 255

/* BUG_1: unmap does not wait for the other CPU */
/* BUG_2: a CPU that waits for the lock with interrupts off does not look whether it must flush */
/* BUG_3: a late message answers a request that it has not seen */
/* BUG_4: a domain that another CPU runs is taken for ended at once */
/* BUG_5: the lock is given before the context is complete */
/* BUG_6: a CPU looks at the lock and takes it in two steps */
/* BUG_7: unmap asks the other CPU before it clears the entry */

mtype = { READY, RUNNING, DEAD };

bool lock;
byte holders;                       /* ghost */
bool flush[CPUS], message[CPUS];    /* CPU_FLUSH, and the interrupt that says so */
bool look[CPUS];                    /* the interrupt that says: choose again */
byte current[CPUS] = NOBODY;

byte mapped = 1;                    /* the page's frame, 0 = none */
byte next_frame = 2;
byte tlb[CPUS];                     /* the frame that the CPU remembers for it */
bool elsewhere[FRAMES + 1];         /* the frame has another use */

mtype state[DOMAINS] = READY;
bool saved[DOMAINS] = true;
bool stopping[DOMAINS], destroyed[DOMAINS];
byte left[DOMAINS] = GATES;

#define ALL_DEAD (state[0] == DEAD && state[1] == DEAD)

inline taken() { holders++; assert(holders == 1) }
inline give() { holders--; lock = false }

inline on_message(c) {
  message[c] = false;
  if
#ifdef BUG_3
  :: true -> tlb[c] = 0; flush[c] = false
#else
  :: flush[c] -> tlb[c] = 0; flush[c] = false
  :: else
#endif
  fi
}

inline take(c, on) {
  do
#ifdef BUG_6
  :: !lock -> lock = true; taken(); break
#else
  :: atomic { !lock -> lock = true; taken() }; break
#endif
  :: on && message[c] -> on_message(c)
#ifndef BUG_2
  :: !on && flush[c] -> tlb[c] = 0; flush[c] = false
#endif
  od
}

inline unmap(c) {
  frame = mapped;
#ifndef BUG_7
  mapped = 0;
#endif
  tlb[c] = 0;
  flush[1 - c] = true; message[1 - c] = true;
#ifndef BUG_1
  !flush[1 - c];
#endif
#ifdef BUG_7
  mapped = 0;
#endif
  elsewhere[frame] = true; frame = 0
}

proctype cpu(byte c) {
  byte d = NOBODY, frame;
  bool on;

arrive:
  take(c, false);
pick:                                /* with the lock */
  skip;
  d_step {
    if
    :: current[c] != NOBODY && stopping[current[c]] -> state[current[c]] = DEAD
    :: else
    fi;
    if
    :: current[c] != NOBODY && state[current[c]] == RUNNING -> state[current[c]] = READY
    :: else
    fi;
    current[c] = NOBODY
  }
  if
  :: state[0] == READY -> d = 0
  :: state[1] == READY -> d = 1
  :: state[0] != READY && state[1] != READY -> d = NOBODY
  fi;
  if
  :: d == NOBODY -> goto idle
  :: else -> assert(saved[d] && !destroyed[d]); state[d] = RUNNING; saved[d] = false; current[c] = d; give()
  fi;

  /* inside the domain, interrupts on, without the lock */
  do
  :: message[c] -> on_message(c)
  :: look[c] -> look[c] = false; saved[d] = true; goto arrive
  :: atomic { tlb[c] != 0 -> assert(!elsewhere[tlb[c]]) }
  :: left[d] > 0 ->
     left[d]--;
     if
     :: on = true
     :: on = false
     fi;
     take(c, on);
     if
     :: true -> /* yield */
        state[d] = READY; look[1 - c] = true;
#ifdef BUG_5
        give(); saved[d] = true; take(c, false);
#else
        saved[d] = true;
#endif
        current[c] = NOBODY; goto pick
     :: mapped == 0 && next_frame <= FRAMES -> mapped = next_frame; next_frame++
     :: mapped != 0 -> unmap(c)
     :: !destroyed[1 - d] -> /* stop the other one; asked again until it is dead */
        if
        :: state[1 - d] == RUNNING ->
#ifdef BUG_4
           state[1 - d] = DEAD
#else
           stopping[1 - d] = true; look[1 - c] = true;
           if
           :: stopping[d] -> saved[d] = true; goto pick
           :: else -> give(); left[d] = 0; goto stop_again
           fi
#endif
        :: state[1 - d] == READY -> state[1 - d] = DEAD
        :: state[1 - d] == DEAD
        fi;
        assert(current[1 - c] != 1 - d); destroyed[1 - d] = true
     fi;
     if
     :: stopping[d] -> saved[d] = true; goto pick
     :: else -> give()
     fi
  :: left[d] == 0 -> /* exit */
     take(c, false); state[d] = DEAD; current[c] = NOBODY; goto pick
  od;

stop_again:                          /* the same gate once more, until the other domain is dead */
  do
  :: message[c] -> on_message(c)
  :: look[c] -> look[c] = false; saved[d] = true; goto arrive
  :: take(c, on);
     if
     :: stopping[d] -> saved[d] = true; goto pick
     :: !stopping[d] && state[1 - d] == RUNNING -> give()
     :: !stopping[d] && state[1 - d] != RUNNING ->
        state[1 - d] = DEAD; assert(current[1 - c] != 1 - d); destroyed[1 - d] = true;
        state[d] = DEAD; current[c] = NOBODY; goto pick
     fi
  od;

idle:
  give();
  do
  :: message[c] -> on_message(c)
  :: look[c] -> look[c] = false; goto arrive
  :: ALL_DEAD && !message[c] && !look[c] -> break
  od;
  /* An idle CPU answers for ever. */
end:
  do
  :: message[c] -> on_message(c)
  :: look[c] -> look[c] = false
  od
}

/* The processors' page-table walkers: at any time, of their own accord. */
active proctype walker() {
end:
  do
  :: atomic { mapped != 0 && tlb[0] != mapped -> tlb[0] = mapped }
  :: atomic { mapped != 0 && tlb[1] != mapped -> tlb[1] = mapped }
  od
}

init { atomic { run cpu(0); run cpu(1) } }
