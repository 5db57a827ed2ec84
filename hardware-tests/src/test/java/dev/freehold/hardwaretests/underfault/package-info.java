/**
 * A site whose providers refuse, hang, lie and break off over real sockets, and the search for
 * whatever may be left of what was said.
 */
package dev.freehold.hardwaretests.underfault;
