package dev.freehold.controller.store;

import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.r2dbc.annotation.R2dbcRepository;
import io.micronaut.data.repository.CrudRepository;
import io.micronaut.transaction.annotation.Transactional;

@Transactional
@R2dbcRepository(dialect = Dialect.H2)
interface SealedRows extends CrudRepository<SealedRow, String> {}
