-- nWyhpKjgG0nuPsRUaf1xH-eV-TYm5G3JDm3AOz4blmIONN99B9zgp778qFWJpjiw
--
-- PostgreSQL database dump
--

\restrict 5XfEa6egBTDtfa7beFsMf8xgL9KMASZeboBs3obFdRGvl7QW12IHCmFxsqRAItv

-- Dumped from database version 18.6
-- Dumped by pg_dump version 18.6

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: user_sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.user_sessions (
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    user_agent character varying(512) NOT NULL,
    address character varying(45) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    failures integer NOT NULL,
    blocked_until timestamp with time zone,
    refresh_family character varying(64) NOT NULL,
    refresh_digest character varying(64) NOT NULL,
    used_refresh_digest character varying(64),
    refresh_seed bytea,
    refreshed_at timestamp with time zone
);


--
-- Name: user_sessions_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.user_sessions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: user_sessions_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.user_sessions_id_seq OWNED BY public.user_sessions.id;


--
-- Name: usernames; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usernames (
    skeleton character varying(255) NOT NULL,
    user_id bigint,
    released_at timestamp with time zone
);


--
-- Name: users; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.users (
    id bigint NOT NULL,
    username character varying(64) NOT NULL,
    canonical_username character varying(64) NOT NULL,
    email character varying(320),
    password_hash character varying(512) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    disabled_at timestamp with time zone,
    failures integer NOT NULL,
    blocked_until timestamp with time zone
);


--
-- Name: users_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: users_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;


--
-- Name: user_sessions id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.user_sessions ALTER COLUMN id SET DEFAULT nextval('public.user_sessions_id_seq'::regclass);


--
-- Name: users id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users ALTER COLUMN id SET DEFAULT nextval('public.users_id_seq'::regclass);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.alembic_version VALUES ('0001');


--
-- Data for Name: user_sessions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.user_sessions VALUES (1, 1, 'Werkzeug/3.1.9', '127.0.0.1', '2026-11-22 18:09:39.451388+00', '2026-11-22 18:09:39.451388+00', '2026-12-22 18:09:39.451388+00', 0, NULL, '43b1f63650255a94e4249634c9259ab1dfdc75f5eb189f4f862b29296b7da71a', '6b355345cb0dff34cc96d994f76b29b11629114eb9d853d6df500311a6bd0269', NULL, NULL, NULL);
INSERT INTO public.user_sessions VALUES (2, 1, 'Werkzeug/3.1.9', '127.0.0.1', '2026-11-22 18:09:39.478877+00', '2026-11-22 18:09:39.478877+00', '2026-12-22 18:09:39.478877+00', 0, NULL, '046deb239f034f98563855c5c19ccfe3145af0a849951deae7cbdbd88616dac2', '1a72992037d25b0c9e6536323b7277c4780955a1b01aac0e0eac5e49a16ab750', NULL, NULL, NULL);


--
-- Data for Name: usernames; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.usernames VALUES ('alice', 1, NULL);
INSERT INTO public.usernames VALUES ('bob', 2, NULL);


--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.users VALUES (2, 'Bob', 'bob', 'Bob@example.com', '$pbkdf2-sha256$10$ai2lVOrd.z8HQCiFcO495w$N6mCIdNmPxArtniVEH2n2Is4TOZj2FISlkGklzmB13s', '2026-11-22 18:09:39.360448+00', NULL, 1, NULL);
INSERT INTO public.users VALUES (1, 'alice', 'alice', 'alice@example.com', '$pbkdf2-sha256$10$EoLQ2ptzLkVIidFa6723dg$Y3fEgqrAfMja.KJHuWyVSc2X1E7Xqfn2vh/UM55.n0o', '2026-11-22 18:09:39.325698+00', NULL, 0, NULL);


--
-- Name: user_sessions_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.user_sessions_id_seq', 2, true);


--
-- Name: users_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.users_id_seq', 2, true);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: user_sessions pk_user_sessions; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.user_sessions
    ADD CONSTRAINT pk_user_sessions PRIMARY KEY (id);


--
-- Name: usernames pk_usernames; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usernames
    ADD CONSTRAINT pk_usernames PRIMARY KEY (skeleton);


--
-- Name: users pk_users; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT pk_users PRIMARY KEY (id);


--
-- Name: user_sessions uq_user_sessions_refresh_family; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.user_sessions
    ADD CONSTRAINT uq_user_sessions_refresh_family UNIQUE (refresh_family);


--
-- Name: users uq_users_canonical_username; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT uq_users_canonical_username UNIQUE (canonical_username);


--
-- Name: ix_user_sessions_expires_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_user_sessions_expires_at ON public.user_sessions USING btree (expires_at);


--
-- Name: ix_user_sessions_user_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_user_sessions_user_id ON public.user_sessions USING btree (user_id);


--
-- Name: ix_usernames_released_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_usernames_released_at ON public.usernames USING btree (released_at);


--
-- Name: ix_usernames_user_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_usernames_user_id ON public.usernames USING btree (user_id);


--
-- Name: user_sessions fk_user_sessions_user_id_users; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.user_sessions
    ADD CONSTRAINT fk_user_sessions_user_id_users FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: usernames fk_usernames_user_id_users; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usernames
    ADD CONSTRAINT fk_usernames_user_id_users FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE SET NULL;


--
-- PostgreSQL database dump complete
--

\unrestrict 5XfEa6egBTDtfa7beFsMf8xgL9KMASZeboBs3obFdRGvl7QW12IHCmFxsqRAItv


