/* Protected call with detached replies, cancel and death: kernel/ipc/call.ts, activation.ts, kernel/object/destroy.ts.
 * A gate is one atomic step, because one processor at a time runs kernel code. Clients call one server twice each;
 * the server returns or detaches and replies later; an adversary cancels calls, kills a client, kills the server.
 * Claims: a live client's call ends exactly once and with an answer to that very call; nobody waits for ever;
 * a dead client is never served, answered or woken. */

#define CLIENTS 2
#define CALLS 2
#define REPLIES 3
#define NOBODY 255

/* BUG_1: reply() does not compare the call's number */
/* BUG_2: a client that dies stays in the server's queue */
/* BUG_3: a server that dies forgets its queue */
/* BUG_4: a Reply that goes unanswered wakes nobody */
/* BUG_5: a cancelled call stays the server's current call */
/* BUG_6: a detached call gets no number of its own */

mtype = { NONE, QUEUED, CALLEE, REPLY };
mtype = { WORKING, OK, FAULT, CANCELLED };

/* a client's domain */
mtype wait[CLIENTS] = NONE;
mtype result[CLIENTS] = WORKING;
byte number[CLIENTS];   /* call_number */
byte answered[CLIENTS]; /* ghost: the call that the answer was made for */
byte serial[CLIENTS];   /* ghost: the call that the client waits for */
bool dead[CLIENTS];

/* the server's domain */
bool server_dead, busy;
byte caller = NOBODY;
byte handling;          /* ghost: the call that the handler was entered for */
chan queue = [CLIENTS] of { byte };

/* detached replies: who, for which number, ghost serial */
bool reply_live[REPLIES];
byte reply_client[REPLIES], reply_number[REPLIES], reply_serial[REPLIES];

inline wake(c, r, s) {
  assert(!dead[c]);
  assert(wait[c] != NONE);
  wait[c] = NONE; result[c] = r; answered[c] = s
}

inline enter(c) {
  assert(!dead[c]);
  busy = true; caller = c; handling = serial[c]; wait[c] = CALLEE
}

inline activation_next() {
  byte n;
  caller = NOBODY; busy = false;
  if
  :: !server_dead && len(queue) > 0 -> queue ? n; enter(n)
  :: else
  fi; n = 0
}

/* The call leaves wherever it is; its answer, if one comes, is nobody's. */
inline leave(c) {
  if
  :: wait[c] == QUEUED ->
#ifndef BUG_2
     queue ?? eval(c)
#else
     skip
#endif
  :: wait[c] == CALLEE ->
#ifndef BUG_5
     caller = NOBODY
#else
     skip
#endif
  :: else
  fi
}

proctype Client(byte c) {
  byte i;
  do
  :: i < CALLS ->
     atomic {
       if :: dead[c] -> goto end :: else fi;
       serial[c]++; result[c] = WORKING;
       if
       :: server_dead -> result[c] = FAULT; answered[c] = serial[c]
       :: !server_dead && !busy -> enter(c)
       :: !server_dead && busy -> wait[c] = QUEUED; queue ! c
       fi
     }
     atomic {
       dead[c] || result[c] != WORKING;
       if :: dead[c] -> goto end :: else fi;
       assert(answered[c] == serial[c]);
       assert(wait[c] == NONE)
     }
     i++
  :: else -> break
  od;
end: skip
}

active proctype Server() {
  byte r;
end:
  do
  :: atomic { busy && !server_dead -> /* the handler returns */
       if
       :: caller != NOBODY -> wake(caller, OK, handling)
       :: else /* detached, or the caller is no more: the result is dropped */
       fi;
       activation_next()
     }
  :: atomic { busy && !server_dead && caller != NOBODY -> /* detach */
       r = 0;
       do
       :: r < REPLIES && reply_live[r] -> r++
       :: else -> break
       od;
       if
       :: r < REPLIES ->
#ifndef BUG_6
          number[caller]++;
#endif
          reply_live[r] = true; reply_client[r] = caller; reply_number[r] = number[caller]; reply_serial[r] = handling;
          wait[caller] = REPLY; caller = NOBODY
       :: else
       fi; r = 0
     }
  :: atomic { !server_dead -> select(r : 0 .. REPLIES - 1);
       if
       :: reply_live[r] -> /* reply */
          reply_live[r] = false;
          if
#ifdef BUG_1
          :: wait[reply_client[r]] == REPLY -> wake(reply_client[r], OK, reply_serial[r])
#else
          :: wait[reply_client[r]] == REPLY && number[reply_client[r]] == reply_number[r] -> wake(reply_client[r], OK, reply_serial[r])
#endif
          :: else
          fi
       :: else
       fi; r = 0
     }
  :: atomic { server_dead -> break }
  od
}

active proctype Adversary() {
  byte c, r;
  do
  :: atomic { select(c : 0 .. CLIENTS - 1); /* cancel, or the deadline passes: the same but for the error */
       if
       :: !dead[c] && wait[c] != NONE ->
          leave(c);
          wake(c, CANCELLED, serial[c])
       :: else
       fi; c = 0
     }
  :: atomic { !dead[0] -> leave(0); wait[0] = NONE; number[0]++; dead[0] = true }
  :: atomic { !server_dead -> server_dead = true; /* domain_end, then its capabilities end */
       if :: busy && caller != NOBODY -> wake(caller, FAULT, serial[caller]) :: else fi;
       caller = NOBODY; busy = false;
#ifndef BUG_3
       do
       :: len(queue) > 0 -> queue ? c; wake(c, FAULT, serial[c])
       :: len(queue) == 0 -> break
       od;
#endif
       for (r : 0 .. REPLIES - 1) {
         if
#ifndef BUG_4
         :: reply_live[r] && wait[reply_client[r]] == REPLY && number[reply_client[r]] == reply_number[r] ->
            wake(reply_client[r], FAULT, serial[reply_client[r]])
#endif
         :: else
         fi;
         reply_live[r] = false
       }
       c = 0; r = 0
     }
  :: break
  od
}

init { atomic { run Client(0); run Client(1) } }
