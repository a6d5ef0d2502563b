// For processes of several roles, which load a service ahead of its start.
import "./start.ts";
