package dev.freehold.hardwaretests;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The scenarios of the class run against the office whose box computes nothing itself. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface RemoteRoute {}
