/* Mailbox with backpressure and both edges: kernel/ipc/mailbox.ts, kernel/ipc/notification.ts. A gate is one atomic step.
 * Two senders send until refused; the first sleeps on the "room" notification then, the second tries again. A receiver drains the
 * mailbox and sleeps on "ready". The owner may end at any time.
 * Claims: what was accepted is received once and in the order of each sender; nobody sleeps for ever while there is a message
 * (receiver) or room (senders); after the owner's end nothing is accepted. */

#define SENDERS 2
#define MESSAGES 3
#define CAPACITY 2

/* BUG_1: a full mailbox drops the oldest message and accepts the new one */
/* BUG_2: "ready" is signalled only at the first message ever */
/* BUG_3: receive() looks whether the mailbox is full after it has taken the message out */
/* BUG_4: binding does not signal what is the case already */
/* BUG_5: a sender whose owner has ended is told that its message was accepted */

#ifdef BUG_1
#define PLACES (CAPACITY + 1)
#else
#define PLACES CAPACITY
#endif

chan ring = [PLACES] of { byte, byte }; /* sender, serial */
bool ready, room;                       /* the two notifications' bits: they stay until waited for */
bool ready_bound, owner_dead, first_sent;
byte received[SENDERS];                 /* ghost: next serial expected of each sender */
byte accepted[SENDERS];                 /* ghost: messages that send() answered 0 for */
byte finished;

/* answers: 0 sent, 1 full, 2 gone */
inline send(s, serial, answer) {
  atomic {
    if
    :: owner_dead ->
#ifdef BUG_5
       accepted[s]++; answer = 0
#else
       answer = 2
#endif
    :: !owner_dead && len(ring) == CAPACITY ->
#ifdef BUG_1
       byte s2, n2;
       ring ? s2, n2; ring ! s, serial; accepted[s]++; answer = 0
#else
       answer = 1
#endif
    :: !owner_dead && len(ring) < CAPACITY ->
       bool was_empty = (len(ring) == 0);
       ring ! s, serial; accepted[s]++; answer = 0;
       if
#ifdef BUG_2
       :: was_empty && ready_bound && !first_sent -> ready = true
#else
       :: was_empty && ready_bound -> ready = true
#endif
       :: else
       fi;
       first_sent = true
    fi
  }
}

proctype Sender(byte s) {
  byte serial, answer;
  do
  :: serial == MESSAGES -> break
  :: else ->
     send(s, serial, answer);
     if
     :: answer == 0 -> serial++
     :: answer == 1 && s == 0 -> atomic { (room || owner_dead) -> room = false }
     :: answer == 1 && s != 0 -> (owner_dead || len(ring) < CAPACITY)
     :: answer == 2 -> assert(owner_dead); break
     fi
  od;
  finished++
}

proctype Receiver() {
  byte s, serial;
  /* bind: signals at once if there is something */
  atomic {
    ready_bound = true;
#ifndef BUG_4
    if :: len(ring) > 0 -> ready = true :: else fi
#endif
  }
  do
  :: atomic {
       !owner_dead && len(ring) > 0 && ready -> ready = false
     };
     do
     :: atomic {
          len(ring) > 0 && !owner_dead ->
          bool was_full = (len(ring) == CAPACITY);
          ring ? s, serial;
#ifdef BUG_3
          was_full = (len(ring) == CAPACITY);
#endif
          assert(serial == received[s]);
          received[s]++;
          if
          :: was_full -> room = true
          :: else
          fi
        }
     :: atomic { len(ring) == 0 || owner_dead -> break }
     od
  :: owner_dead -> break
  :: received[0] == MESSAGES && received[1] == MESSAGES -> break
  od
}

proctype Owner() {
  if
  :: atomic { owner_dead = true; assert(accepted[0] <= MESSAGES && accepted[1] <= MESSAGES) }
  :: skip
  fi;
  byte before0, before1;
  atomic { before0 = accepted[0]; before1 = accepted[1] };
  if
  :: owner_dead -> (finished == SENDERS); assert(accepted[0] == before0 && accepted[1] == before1)
  :: else
  fi
}

init {
  atomic { run Sender(0); run Sender(1); run Receiver(); run Owner() }
}
